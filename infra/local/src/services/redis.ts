import { mkdirSync, writeFileSync } from 'node:fs';
import { lineHealth } from '../health.js';
import { baseEnvironment, type Platform } from '../platform.js';
import { readSecret } from '../secrets.js';
import type { Service } from '../service.js';

/** Redis that never evicts (queues live in it) and writes each change before it answers. */
export function redis(platform: Platform): Service {
  const port = platform.config.ports.redis;
  const file = platform.at('redis', 'redis.conf');
  const password = readSecret(platform.secrets.redis);
  const directives = [
    'bind 127.0.0.1',
    `port ${port}`,
    `dir ${platform.at('redis')}`,
    'appendonly yes',
    'appendfsync everysec',
    'save ""',
    'maxmemory-policy noeviction',
    `requirepass ${password}`,
    'daemonize no',
  ];
  return {
    name: 'redis',
    needs: [],
    command: ['/usr/bin/redis-server', file],
    env: baseEnvironment,
    address: `127.0.0.1:${port}`,
    prepare: () => {
      mkdirSync(platform.at('redis'), { recursive: true, mode: 0o700 });
      writeFileSync(file, `${directives.join('\n')}\n`, { mode: 0o600 });
    },
    // While it loads its file it answers -LOADING to PING.
    health: lineHealth({ host: '127.0.0.1', port }, `AUTH ${password}\r\nPING\r\n`, /\+PONG/),
    startSeconds: 60,
    stopSignal: 'SIGTERM',
    graceSeconds: 15,
  };
}
