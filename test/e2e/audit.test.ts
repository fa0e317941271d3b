import { createHash, createPrivateKey, sign } from 'node:crypto';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, inject, test } from 'vitest';
import { eventually } from '../support/eventually.js';
import { createScene, type Scene } from '../support/scene.js';
import type { Finished } from '../support/slipway.js';

let scene: Scene;
let lines: string[];
type Row = Record<string, unknown>;

beforeAll(async () => {
  scene = await createScene('audit');
  for (const name of ['one', 'two', 'three']) await scene.slipway.run('projects', 'create', name);
  // The keys and the checkpoint as an auditor keeps them: taken before, verified against without the platform.
  await writeFile(at('keys.json'), await scene.slipway.run('audit', 'keys'));
  await eventually(async () => {
    const state = await scene.slipway.run('audit', 'state', '-o', 'json');
    expect(JSON.parse(state)).toMatchObject({ checkpoint: { seq: expect.any(Number) } });
    await writeFile(at('checkpoint.json'), state);
  });
  expect(await scene.slipway.run('audit', 'export', '--to-file', at('whole.ndjson'))).toContain('whole.ndjson');
  lines = (await readFile(at('whole.ndjson'), 'utf8')).trimEnd().split('\n');
});
afterAll(() => scene?.dispose());

const at = (file: string): string => join(scene.slipway.home, file);
const rowOf = (line: string): Row => JSON.parse(line);

/** Without a server that answers. */
async function verify(changed: readonly string[], ...options: string[]): Promise<Finished> {
  await writeFile(at('changed.ndjson'), `${changed.join('\n')}\n`);
  const words = ['audit', 'verify', at('changed.ndjson'), '--key', at('keys.json'), ...options];
  return scene.slipway.try([...words, '-o', 'json']);
}

/** With the platform's signing key, as whoever holds it could. */
async function signText(text: string): Promise<{ keyId: string; signature: string }> {
  const { keys } = JSON.parse(await readFile(join(inject('home'), 'secrets/audit-keys.json'), 'utf8'));
  const key = createPrivateKey({ key: keys[0], format: 'jwk' });
  return { keyId: keys[0].kid, signature: sign(null, Buffer.from(text), key).toString('base64url') };
}

test('an export of the running platform is whole and unchanged, also beside the checkpoint that was kept', async () => {
  const { exit, stdout } = await verify(lines, '--checkpoint', at('checkpoint.json'));
  expect(exit).toBe(0);
  expect(JSON.parse(stdout)).toMatchObject({ rows: expect.any(Number), chains: [{ name: scene.tenant, firstSeq: 1 }] });
});

describe('found offline', () => {
  const eventsAt = () => lines.flatMap((line, index) => (rowOf(line)['type'] === 'event' ? [index] : []));
  const [second, third] = [() => eventsAt()[1] ?? 0, () => eventsAt()[2] ?? 0];
  const changeLine = (index: number, change: Row) =>
    lines.with(index, JSON.stringify({ ...rowOf(lines[index] ?? ''), ...change }));
  const checkpoint = () => lines.findIndex((line) => rowOf(line)['type'] === 'checkpoint');

  test.each<[string, () => string[], string]>([
    ['a row that was changed', () => changeLine(second(), { actor: 'somebody-else' }), 'audit-changed'],
    ['a row that was removed', () => lines.toSpliced(second(), 1), 'audit-missing'],
    ['a row that was added', () => lines.toSpliced(third(), 0, lines[second()] ?? ''), 'audit-added'],
    [
      'two rows that changed places',
      () => lines.with(second(), lines[third()] ?? '').with(third(), lines[second()] ?? ''),
      'audit-reordered',
    ],
    ['a file that was cut off', () => lines.slice(0, -2), 'audit-truncated'],
    [
      'a checkpoint that was forged',
      () => changeLine(checkpoint(), { signature: Buffer.alloc(64).toString('base64url') }),
      'audit-unsigned',
    ],
    ['a manifest that hides the end', () => changeLine(0, { createdAt: '2020-01-01T00:00:00.000Z' }), 'audit-changed'],
  ])('%s', async (_, change, code) => {
    const { exit, stderr } = await verify(change());
    expect({ exit, code: stderr }).toEqual({ exit: 9, code: expect.stringContaining(code) });
  });

  test('an end that was removed before the export, by who also holds the key: only by the checkpoint that was kept', async () => {
    const { keyId } = await signText('');
    const last = rowOf(lines[eventsAt().at(-1) ?? 0] ?? '');
    const { chain, seq, hash } = last;
    // What the platform signs within five minutes, kept by an auditor.
    const signed = { at: '2026-01-01T00:00:00.000Z', chain, hash, keyId, seq };
    const { signature } = await signText(
      `slipway-audit ${JSON.stringify({ at: signed.at, chain, hash, keyId, seq, type: 'checkpoint' })}`,
    );
    await writeFile(at('later.json'), JSON.stringify({ chain, checkpoint: { ...signed, signature } }));
    expect((await verify(lines, '--checkpoint', at('later.json'))).exit).toBe(0);

    const kept = lines.slice(1, eventsAt().at(-1));
    const { chains, ...rest } = rowOf(lines[0] ?? '');
    const [only] = chains as Row[];
    const manifest = { ...rest, chains: [{ ...only, lastSeq: Number(seq) - 1, lastHash: last['prevHash'] }] };
    const cut = [JSON.stringify(manifest), ...kept];
    const sha256 = createHash('sha256')
      .update(`${cut.join('\n')}\n`)
      .digest('hex');
    const rows = kept.filter((line) => rowOf(line)['type'] === 'event').length;
    const end = { type: 'end', rows, sha256, ...(await signText(`slipway-audit-export ${sha256}`)) };
    const forged = [...cut, JSON.stringify(end)];
    expect((await verify(forged)).exit).toBe(0);
    const found = await verify(forged, '--checkpoint', at('later.json'));
    expect(found).toMatchObject({ exit: 9, stderr: expect.stringContaining('audit-truncated') });
  });
});
