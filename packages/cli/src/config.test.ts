import { mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import {
  parseConfig,
  parseServer,
  readConfig,
  readSettings,
  withContext,
  withoutContext,
  writeConfig,
} from './config.js';

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'slipway-config-'));
});
afterEach(() => rm(folder, { recursive: true, force: true }));

test('what is written is read back, and only its owner may read it', async () => {
  const file = join(folder, 'slipway', 'config.yaml');
  const config = withContext(await readConfig(file), 'ci', {
    server: 'https://a.example',
    token: 'slp_pat_x',
    tenant: 'acme',
  });
  await writeConfig(file, config);
  expect(await readConfig(file)).toMatchObject(config);
  expect((await stat(file)).mode & 0o777).toBe(0o600);
});

test('a file that was readable to all becomes private', async () => {
  const file = join(folder, 'config.yaml');
  await writeFile(file, '', { mode: 0o644 });
  await writeConfig(file, { currentContext: 'default', contexts: {} });
  expect((await stat(file)).mode & 0o777).toBe(0o600);
  expect(await readFile(file, 'utf8')).toContain('currentContext');
});

test('forgetting the current context makes another one current', () => {
  const config = { currentContext: 'a', contexts: { a: { server: 'http://a' }, b: { server: 'http://b' } } };
  expect(withoutContext(config, 'a')).toEqual({ currentContext: 'b', contexts: { b: { server: 'http://b' } } });
  expect(withoutContext(config, 'b').currentContext).toBe('a');
});

test.each([
  ['not yaml', 'a: [', 'config-invalid'],
  ['a list', '- 1', 'config-invalid'],
  ['a context without server', 'contexts: { x: {} }', 'config-invalid'],
  ['a token that is no text', 'contexts: { x: { server: a, token: 1 } }', 'config-invalid'],
])('%s is refused with the name of the file', (_, text, code) => {
  expect(() => parseConfig(text, '/x/config.yaml')).toThrow(
    expect.objectContaining({ code, message: expect.stringContaining('/x/config.yaml') }),
  );
});

test('the environment names the file, the server and the token', () => {
  expect(readSettings({ HOME: '/home/ada' }).configFile).toBe('/home/ada/.config/slipway/config.yaml');
  expect(readSettings({ HOME: '/h', XDG_CONFIG_HOME: '/x' }).configFile).toBe('/x/slipway/config.yaml');
  expect(
    readSettings({ HOME: '/h', SLIPWAY_CONFIG: '/y.yaml', SLIPWAY_TOKEN: 't', SLIPWAY_SERVER: 's' }),
  ).toMatchObject({
    configFile: '/y.yaml',
    token: 't',
    server: 's',
  });
  expect(readSettings({ HOME: '/h', KUBECONFIG: '/a:/b' }).kubeconfigFile).toBe('/a');
});

test('a server is written as an origin', () => {
  expect(parseServer('https://slipway.example.com/')).toBe('https://slipway.example.com');
  expect(parseServer('127.0.0.1:7601')).toBe('http://127.0.0.1:7601');
  for (const bad of ['ftp://x', 'http://', ''])
    expect(() => parseServer(bad)).toThrow(expect.objectContaining({ code: 'server-invalid' }));
});
