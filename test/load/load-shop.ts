import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { loadPlatformConfig } from '@slipway/local';
import { ReleasePlace } from '../support/release-place.js';

const checkout = join(import.meta.dirname, '../../..');

/** docs/samples/gray on the platform of SLIPWAY_E2E_HOME, in a tenant of its own. */
export interface LoadShop {
  readonly place: ReleasePlace;
  readonly url: string;
  readonly gatewayPort: number;
  dispose(): void;
}

export function deployLoadShop(): LoadShop {
  const home = process.env['SLIPWAY_E2E_HOME'];
  if (!home) throw new Error('SLIPWAY_E2E_HOME is not set: name the folder of a platform that runs.');
  const { apiUrl, ports } = loadPlatformConfig({ home });
  const { password } = JSON.parse(readFileSync(join(home, 'secrets/admin.json'), 'utf8')) as { password: string };
  const user = mkdtempSync(join(tmpdir(), 'slipway-load-user-'));
  const cli = join(checkout, 'packages/cli/bin/slipway.js');
  const slipway = (words: readonly string[], input = '') =>
    execFileSync(process.execPath, [cli, ...words], {
      env: { PATH: process.env['PATH'] ?? '', HOME: user, SLIPWAY_SERVER: apiUrl },
      input,
      encoding: 'utf8',
      stdio: ['pipe', 'pipe', 'inherit'],
    }).trim();
  const tenant = `load-${process.pid}`;
  const scope = ['--tenant', tenant, '--project', 'demo'];
  slipway(['login', '--username', 'admin', '--password-stdin'], password);
  slipway(['tenants', 'create', tenant]);
  slipway(['projects', 'create', 'demo', '--tenant', tenant]);
  const told = slipway(['deploy', join(checkout, 'docs/samples/gray'), ...scope, '--create']);
  const url = told.split('\n').at(-1) ?? '';
  const { token } = JSON.parse(slipway(['tokens', 'create', tenant, '-o', 'json'])) as { token: string };
  return {
    place: new ReleasePlace(apiUrl, token, `/tenants/${tenant}/projects/demo/applications/gray`),
    url,
    gatewayPort: ports.gateway,
    dispose: () => {
      slipway(['tenants', 'delete', tenant, '--yes']);
      rmSync(user, { recursive: true, force: true });
    },
  };
}
