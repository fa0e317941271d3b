import { spawn } from 'node:child_process';
import { chmod, cp, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, inject, test } from 'vitest';
import { createScene, type Scene } from '../support/scene.js';
import { checkout } from '../support/slipway.js';

const bin = join(checkout, 'packages/cli/bin/slipway.js');
let scene: Scene;
let folder: string;

/** A newcomer's folder: the samples beside a `slipway` on the path. */
beforeAll(async () => {
  scene = await createScene('gray');
  folder = await mkdtemp(join(tmpdir(), 'slipway-guide-'));
  await cp(join(checkout, 'docs/samples/gray'), join(folder, 'docs/samples/gray'), { recursive: true });
  await writeFile(join(folder, 'slipway'), `#!/bin/sh\nexec "${process.execPath}" "${bin}" "$@"\n`);
  await chmod(join(folder, 'slipway'), 0o755);
});
afterAll(async () => {
  await scene?.dispose();
  await rm(folder, { recursive: true, force: true });
});

/** Runs what a reader would type; gives what the terminal shows. The processes that it leaves behind end with it. */
function type(commands: string): Promise<{ readonly exit: number; readonly shown: string }> {
  return new Promise((resolve, reject) => {
    const child = spawn('sh', ['-e', '-c', commands], {
      cwd: folder,
      env: {
        PATH: `${folder}:${process.env['PATH'] ?? ''}`,
        HOME: scene.slipway.home,
        SLIPWAY_SERVER: inject('apiUrl'),
        NO_COLOR: '1',
      },
      stdio: ['ignore', 'pipe', 'pipe'],
      detached: true,
    });
    let shown = '';
    for (const stream of [child.stdout, child.stderr])
      stream.setEncoding('utf8').on('data', (text: string) => {
        shown += text;
      });
    child.on('error', reject);
    child.on('exit', (code) => {
      if (child.pid) process.kill(-child.pid, 'SIGTERM');
      resolve({ exit: code ?? -1, shown });
    });
  });
}

test('the guide leads from nothing to a canary that goes back by itself', { timeout: 300_000 }, async () => {
  const guide = await readFile(join(checkout, 'docs/guide/gray-release.md'), 'utf8');
  const section = /^## In ten minutes$([\s\S]*?)^## /m.exec(guide)?.[1] ?? '';
  const commands = [...section.matchAll(/^```sh\n([\s\S]*?)^```$/gm)].map(([, block = '']) => block);
  expect(commands).toHaveLength(5);

  const { exit, shown } = await type(commands.join('\n'));
  expect(exit, shown).toBe(0);
  expect(shown).toContain('it went back');
  expect(shown).toMatch(/request-success-rate: \d+ of \d+ requests to the candidate failed/);
  expect(shown).toMatch(/analysis: +fail/);
  expect(shown).toMatch(/odds against chance/);
  expect(shown.trim().split('\n').at(-1)).toMatch(/^release 2: \d+$/);
  // What failed met the candidate, for the few seconds that it had a twentieth of the requests.
  const log = await readFile(join(folder, 'traffic.log'), 'utf8');
  const sum = (what: RegExp) => [...log.matchAll(what)].reduce((all, [, count]) => all + Number(count), 0);
  expect(sum(/no answer: (\d+)/g)).toBe(0);
  expect(sum(/error \d+: (\d+)/g)).toBeGreaterThan(0);
  expect(sum(/error \d+: (\d+)/g)).toBeLessThan(sum(/release 2: (\d+)/g) * 0.05);
});
