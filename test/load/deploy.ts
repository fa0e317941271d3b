import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { loadPlatformConfig } from '@slipway/local';
import type { Figure } from './figure.js';

const checkout = join(import.meta.dirname, '../../..');

/** `slipway deploy` of docs/samples/hello, from the command to the printed URL; the second of two, so that caches are warm. */
export function measureDeploy(home: string): Figure[] {
  const { apiUrl } = loadPlatformConfig({ home });
  const { password } = JSON.parse(readFileSync(join(home, 'secrets/admin.json'), 'utf8')) as { password: string };
  const user = mkdtempSync(join(tmpdir(), 'slipway-bench-user-'));
  const slipway = (words: readonly string[], input = '') =>
    execFileSync(process.execPath, [join(checkout, 'packages/cli/bin/slipway.js'), ...words], {
      cwd: join(checkout, 'docs/samples/hello'),
      env: { PATH: process.env['PATH'] ?? '', HOME: user, SLIPWAY_SERVER: apiUrl },
      input,
      stdio: ['pipe', 'ignore', 'inherit'],
    });
  const tenant = `bench-${process.pid}`;
  try {
    slipway(['login', '--username', 'admin', '--password-stdin'], password);
    slipway(['tenants', 'create', tenant]);
    slipway(['projects', 'create', 'bench', '--tenant', tenant]);
    const deploy = () => {
      const began = performance.now();
      slipway(['deploy', '--tenant', tenant, '--project', 'bench', '--create']);
      return (performance.now() - began) / 1000;
    };
    deploy();
    const seconds = deploy();
    slipway(['tenants', 'delete', tenant, '--yes']);
    return [
      { name: 'deploy of the hello sample, warm', value: seconds, unit: 's', note: 'build, push, rollout of 2 pods' },
    ];
  } finally {
    rmSync(user, { recursive: true, force: true });
  }
}
