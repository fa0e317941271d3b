import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, renameSync, writeFileSync } from 'node:fs';
import { lineHealth } from '../health.js';
import { baseEnvironment, type Platform } from '../platform.js';
import type { Service } from '../service.js';

/** HAProxy in master-worker mode. Its files belong to the cluster's gateway controller; ours only lets it start. */
export function gateway(platform: Platform): Service {
  const directory = platform.at('gateway');
  const file = platform.at('gateway', 'haproxy.cfg');
  return {
    name: 'gateway',
    needs: [],
    command: ['/usr/sbin/haproxy', '-W', '-S', `${platform.at('gateway', 'master.sock')},mode,600`, '-f', file],
    env: baseEnvironment,
    cwd: directory,
    address: `${platform.config.bind}:${platform.config.ports.gateway}`,
    prepare: () => {
      mkdirSync(platform.at('gateway', 'maps'), { recursive: true });
      if (existsSync(file) && !isValid(file)) renameSync(file, `${file}.refused`);
      if (!existsSync(file)) writeFileSync(file, bootstrapConfiguration(platform));
    },
    health: lineHealth({ path: platform.at('gateway', 'admin.sock') }, 'show version\n', /\d+\.\d+/),
    startSeconds: 30,
    stopSignal: 'SIGTERM',
    graceSeconds: 10,
  };
}

/** Answers 503 to everybody until the cluster has said which applications there are. */
function bootstrapConfiguration(platform: Platform): string {
  return `global
  stats socket ${platform.at('gateway', 'admin.sock')} mode 600 level admin expose-fd listeners
  hard-stop-after 30s
defaults
  mode http
  timeout client 60s
  timeout server 60s
  timeout connect 5s
  timeout http-request 10s
  option idle-close-on-response
frontend http
  bind ${platform.config.bind}:${platform.config.ports.gateway}
  http-request return status 503 content-type text/plain string "The gateway is starting."
`;
}

function isValid(file: string): boolean {
  try {
    execFileSync('/usr/sbin/haproxy', ['-c', '-f', file], { stdio: 'ignore' });
    return true;
  } catch {
    return false;
  }
}
