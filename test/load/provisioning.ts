// Measures how long a tenant takes from its approval until it can be deployed to: `node test/dist/load/provisioning.js`, on the
// platform of SLIPWAY_E2E_HOME. It makes two people, five tenants, and deletes these again.
import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { loadPlatformConfig } from '@slipway/local';
import { printFigures } from './figure.js';

const rounds = 5;
const home = process.env['SLIPWAY_E2E_HOME'];
if (!home) throw new Error('SLIPWAY_E2E_HOME is not set: name the folder of a platform that runs.');
const { apiUrl } = loadPlatformConfig({ home });
const cli = join(import.meta.dirname, '../../../packages/cli/bin/slipway.js');
const folders = mkdtempSync(join(tmpdir(), 'slipway-provisioning-'));

function signIn(username: string, password: string) {
  const env = { PATH: process.env['PATH'] ?? '', HOME: join(folders, username), SLIPWAY_SERVER: apiUrl };
  const run = (words: readonly string[], input = '') =>
    execFileSync(process.execPath, [cli, ...words], { env, input, encoding: 'utf8' });
  run(['login', '--username', username, '--password-stdin'], password);
  const { token } = JSON.parse(run(['tokens', 'create', 'load', '-o', 'json'])) as { token: string };
  return { run, token };
}

async function call<T>(token: string, method: string, path: string, body?: object): Promise<T> {
  const headers = { authorization: `Bearer ${token}`, 'content-type': 'application/json' };
  const answer = await fetch(`${apiUrl}/api/v1${path}`, { method, headers, body: body && JSON.stringify(body) });
  const text = await answer.text();
  if (!answer.ok) throw new Error(`${method} ${path}: ${answer.status} ${text}`);
  return (text === '' ? undefined : JSON.parse(text)) as T;
}

const { password } = JSON.parse(readFileSync(join(home, 'secrets/admin.json'), 'utf8')) as { password: string };
try {
  const admin = signIn('admin', password);
  const username = `load-${process.pid}`;
  const own = 'A-long-password-for-load-1';
  admin.run(['users', 'create', username, '--email', `${username}@example.test`, '--password-stdin'], own);
  const asker = signIn(username, own);
  const seconds: number[] = [];
  for (let round = 0; round < rounds; round += 1) {
    const name = `load-${process.pid}-${round}`;
    const payload = { name, purpose: 'A figure.', projects: [{ name: 'shop', blueprint: 'web-team' }] };
    const asked = { kind: 'tenant', payload, reason: 'A figure.' };
    const { id } = await call<{ id: string }>(asker.token, 'POST', '/requests', asked);
    const began = performance.now();
    await call(admin.token, 'POST', `/requests/${id}/approve`, {});
    for (;;) {
      const { state } = await call<{ state: string }>(asker.token, 'GET', `/requests/${id}/setup`);
      if (state === 'succeeded') break;
      if (state === 'failed') throw new Error(`The setup of ${name} failed.`);
      await sleep(50);
    }
    seconds.push((performance.now() - began) / 1000);
    admin.run(['tenants', 'delete', name, '--yes']);
  }
  seconds.sort((one, other) => one - other);
  const note = `of ${rounds}; a project with the environments of its blueprint`;
  printFigures([
    { name: 'a tenant set up, median', value: seconds[Math.floor(rounds / 2)] ?? 0, unit: 's', note },
    { name: 'a tenant set up, slowest', value: seconds.at(-1) ?? 0, unit: 's', aim: { most: 10 }, note },
  ]);
} finally {
  rmSync(folders, { recursive: true, force: true });
}
