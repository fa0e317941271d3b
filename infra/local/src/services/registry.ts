import { mkdirSync, writeFileSync } from 'node:fs';
import { stringify } from 'yaml';
import { httpHealth } from '../health.js';
import { baseEnvironment, type Platform, registryIssuer, registryService } from '../platform.js';
import { readSecret } from '../secrets.js';
import type { Service } from '../service.js';

/** CNCF Distribution on loopback; who may do what is in tokens that the API signs. */
export function registry(platform: Platform): Service {
  const { ports, apiUrl } = platform.config;
  const file = platform.at('registry', 'config.yml');
  const settings = {
    version: 0.1,
    log: { level: 'warn', formatter: 'json', accesslog: { disabled: true } },
    storage: {
      filesystem: { rootdirectory: platform.at('registry', 'data'), maxthreads: 100 },
      delete: { enabled: true },
      cache: { blobdescriptor: 'inmemory' },
      maintenance: { uploadpurging: { enabled: true, age: '24h', interval: '6h', dryrun: false } },
    },
    http: {
      addr: `127.0.0.1:${ports.registry}`,
      relativeurls: true,
      secret: readSecret(platform.secrets.registryHttp),
      debug: { addr: `127.0.0.1:${ports.registryMetrics}`, prometheus: { enabled: true, path: '/metrics' } },
    },
    auth: {
      token: {
        realm: `${apiUrl}/service/token`,
        service: registryService,
        issuer: registryIssuer,
        rootcertbundle: platform.secrets.registryCertificate,
      },
    },
  };
  return {
    name: 'registry',
    needs: [],
    command: ['/usr/bin/docker-registry', 'serve', file],
    env: { ...baseEnvironment, GOGC: '50', OTEL_TRACES_EXPORTER: 'none' },
    address: `127.0.0.1:${ports.registry}`,
    prepare: () => {
      mkdirSync(platform.at('registry', 'data'), { recursive: true });
      writeFileSync(file, stringify(settings), { mode: 0o600 });
    },
    health: httpHealth(`${platform.urls.registry}/v2/`, 401),
    startSeconds: 30,
    stopSignal: 'SIGTERM',
    graceSeconds: 10,
  };
}
