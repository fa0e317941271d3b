import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { PassThrough, Readable } from 'node:stream';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { toTokenName } from './commands/login.js';
import type { Io } from './io.js';
import { run } from './main.js';

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'slipway-cli-'));
});
afterEach(() => rm(folder, { recursive: true, force: true }));

async function slipway(words: string[], env: Record<string, string> = {}, stdin = '') {
  const stdout = new PassThrough();
  const stderr = new PassThrough();
  const io: Io = {
    stdin: Readable.from([stdin]),
    stdout,
    stderr,
    env: { HOME: folder, ...env },
    cwd: folder,
    signal: new AbortController().signal,
    now: () => new Date(0),
  };
  const exit = await run(words, io);
  stdout.end();
  stderr.end();
  const text = async (stream: PassThrough) => (await stream.toArray()).join('');
  return { exit, stdout: await text(stdout), stderr: await text(stderr) };
}

// Port 1 of loopback: nothing listens there.
const nowhere = { SLIPWAY_SERVER: 'http://127.0.0.1:1', SLIPWAY_TOKEN: 'x' };

describe('exit status', () => {
  test('0 and text on stdout for help and version', async () => {
    expect(await slipway(['--help'])).toMatchObject({
      exit: 0,
      stderr: '',
      stdout: expect.stringContaining('slipway deploy'),
    });
    expect(await slipway(['--version'])).toMatchObject({ exit: 0, stdout: expect.stringMatching(/^\d+\.\d+\.\d+/) });
  });

  test.each([
    ['an unknown command', ['deplyo']],
    ['an unknown flag', ['whoami', '--nope']],
    ['a format that is none', ['whoami', '-o', 'xml']],
    ['a missing argument', ['tenants', 'get']],
    ['a bad assignment', ['config', 'set', 'A']],
    ['a bad scale', ['scale', 'web=many']],
    ['a bad number', ['releases', 'get', 'first']],
    ['no application named', ['status', '-t', 'acme', '-p', 'demo']],
    ['a name that would be another path', ['status', '-t', 'acme', '-p', '..', '-a', 'shop']],
    ['a strategy of nothing', ['strategy', 'set', '-t', 'a', '-p', 'b', '-a', 'c']],
    ['a strategy that is no file', ['strategy', 'convert', '-f', 'nowhere.yaml']],
    ['two plans', ['plan', '-t', 'a', '-p', 'b', '-a', 'c', '--image', 'x', '--release', '1']],
    ['two sources', ['deploy', '--image', 'a', '--git', 'b']],
    ['a context that is none', ['whoami', '--context', 'other']],
  ])('2 for %s', async (_, words) => {
    const result = await slipway(words, nowhere);
    expect(result).toMatchObject({ exit: 2, stdout: '' });
    expect(result.stderr).toMatch(/^error: /);
  });

  test('3 without a login, naming the remedy', async () => {
    expect(await slipway(['whoami'])).toMatchObject({
      exit: 3,
      stderr: expect.stringContaining("remedy: Run 'slipway login --server"),
    });
  });

  test('8 when the server cannot be reached', async () => {
    expect(await slipway(['whoami'], nowhere)).toMatchObject({
      exit: 8,
      stderr: expect.stringContaining('(server-unreachable)'),
    });
    const login = await slipway(
      ['login', '--server', 'http://127.0.0.1:1', '-u', 'a', '--password-stdin'],
      {},
      'secret\n',
    );
    expect(login).toMatchObject({ exit: 8 });
    expect(login.stderr).not.toContain('secret');
  });
});

test('an error is one line of JSON with -o json', async () => {
  const { stderr } = await slipway(['whoami', '-o', 'json']);
  expect(JSON.parse(stderr)).toMatchObject({ error: { code: 'not-logged-in', remedy: expect.any(String) } });
});

test('a stored token is not sent to another server', async () => {
  await writeFile(
    join(folder, 'config.yaml'),
    'currentContext: a\ncontexts: { a: { server: "http://127.0.0.1:1", token: x } }\n',
  );
  const env = { SLIPWAY_CONFIG: join(folder, 'config.yaml') };
  expect(await slipway(['whoami'], env)).toMatchObject({ exit: 8 });
  expect(await slipway(['whoami', '--server', 'http://127.0.0.1:2'], env)).toMatchObject({ exit: 3 });
});

test('contexts are listed without their tokens', async () => {
  await writeFile(
    join(folder, 'config.yaml'),
    'currentContext: a\ncontexts: { a: { server: "http://s", token: slp_pat_x, tenant: acme } }\n',
  );
  const env = { SLIPWAY_CONFIG: join(folder, 'config.yaml') };
  for (const words of [
    ['context', 'list'],
    ['context', '-o', 'json'],
    ['context', 'list', '-o', 'yaml'],
  ]) {
    const { exit, stdout } = await slipway(words, env);
    expect(exit).toBe(0);
    expect(stdout).toContain('acme');
    expect(stdout).not.toContain('slp_pat_x');
  }
});

test('a destructive command without a terminal wants --yes before it asks the server', async () => {
  expect(await slipway(['tenants', 'delete', 'acme'], nowhere)).toMatchObject({
    exit: 2,
    stderr: expect.stringContaining('--yes'),
  });
});

test('completion knows sub-commands and flags', async () => {
  const { stdout } = await slipway(['completion', 'bash']);
  expect(stdout).toContain('"config") words="get set import unset history restore --help');
  expect(stdout).toContain('--environment');
});

test("a login's token says which machine it is for", () => {
  expect(toTokenName('Ada.Laptop_1', new Date('2026-11-21T09:30:15Z'))).toBe('cli-ada-laptop-1-20261121-093015000');
});
