import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { planHaproxy } from './haproxy-config.js';
import { readState, removeCertificates, writeCertificates, writeState } from './haproxy-files.js';
import type { Certificate, GatewayModel } from './model.js';

let directory: string;
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'slipway-haproxy-files-'));
});
afterEach(() => rmSync(directory, { recursive: true, force: true }));

const certificate = (letter: string, host: string): Certificate => ({
  file: `${letter.repeat(32)}.pem`,
  host,
  pem: `${letter}\n`,
});
const model: GatewayModel = {
  backends: [{ name: 'shop_web_80', servers: ['100.64.0.2:8080'] }],
  rules: [],
  certificates: [certificate('a', 'shop.test'), certificate('b', '*.shop.test')],
};
const plan = () => planHaproxy(model, { directory, bind: '127.0.0.1', httpPort: 7680, tlsPort: 7643 });

it('reads back what it has written', async () => {
  await writeState(directory, plan());
  expect(await readState(directory)).toEqual(plan());
});

it('lists the default certificate first, and each other one with its host name alone', async () => {
  await writeState(directory, plan());
  const list = readFileSync(join(directory, 'certificates', 'list'), 'utf8');
  expect(list.replaceAll(`${directory}/certificates/`, '')).toBe(
    `default.pem !*\n${'a'.repeat(32)}.pem shop.test\n${'b'.repeat(32)}.pem *.shop.test\n`,
  );
});

it('takes files of a version without such a list for another’s, so that all are written anew', async () => {
  await writeState(directory, plan());
  rmSync(join(directory, 'certificates', 'list'));
  expect(await readState(directory)).toBeUndefined();
});

it('keeps keys for itself, and deletes those that are listed no more, and nothing else', async () => {
  await writeState(directory, plan());
  await writeCertificates(directory, model.certificates ?? []);
  expect(statSync(join(directory, 'certificates')).mode & 0o777).toBe(0o700);
  expect(statSync(join(directory, 'certificates', `${'a'.repeat(32)}.pem`)).mode & 0o777).toBe(0o600);
  await removeCertificates(directory, new Map([[`${'b'.repeat(32)}.pem`, '*.shop.test']]));
  expect(readdirSync(join(directory, 'certificates')).sort()).toEqual([`${'b'.repeat(32)}.pem`, 'list']);
});

it('without a TLS port has no certificates', () => {
  const { certificates, structure } = planHaproxy(model, { directory, bind: '127.0.0.1', httpPort: 7680 });
  expect(certificates.size).toBe(0);
  expect(structure).not.toContain('crt-list');
});
