import { createHash, generateKeyPairSync, sign } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { type Known, readKeys, readKnown, verifyExport } from './audit-verify.js';

const pair = generateKeyPairSync('ed25519');
const publicJwk = { ...pair.publicKey.export({ format: 'jwk' }), kid: 'k1' };
const keys = readKeys(JSON.stringify({ keys: [publicJwk] }));
const sha256 = (text: string) => createHash('sha256').update(text).digest('hex');
const signed = (text: string) => sign(null, Buffer.from(text), pair.privateKey).toString('base64url');
type Row = Record<string, unknown>;

/** Members in the order of their names, as the platform writes them. */
const canonical = (row: Row): string =>
  JSON.stringify(Object.fromEntries(Object.entries(row).sort(([a], [b]) => (a < b ? -1 : 1))));
const hashRow = ({ type: _, hash: __, ...row }: Row): string => sha256(canonical(row));

function chainRows(seqs: readonly number[], actor = (seq: number) => `user-${seq}`, before = '0'.repeat(64)): Row[] {
  let prevHash = before;
  return seqs.map((seq) => {
    const row: Row = { type: 'event', action: 'a.b', actor: actor(seq), at: 't', chain: 'c', prevHash, seq };
    row['hash'] = hashRow(row);
    prevHash = String(row['hash']);
    return row;
  });
}

function checkpointOf(row: Row): Row {
  const { seq, hash } = row;
  const statement = { at: 't', chain: 'c', hash, keyId: 'k1', seq, type: 'checkpoint' };
  return { ...statement, signature: signed(`slipway-audit ${canonical(statement)}`) };
}

/** An export of six rows with a checkpoint after the third and the last; `change` may do with its lines what it likes. */
function build(change: (lines: Row[]) => Row[] = (lines) => lines, resign = false): string[] {
  const rows = chainRows([1, 2, 3, 4, 5, 6]);
  const chain = { chain: 'c', name: 'acme', firstSeq: 1, lastSeq: 6, prevHash: '0'.repeat(64), stub: null };
  const manifest: Row = { type: 'manifest', format: 'slipway-audit/1', chains: [chain] };
  const [third, last] = [rows[2] ?? {}, rows[5] ?? {}];
  const whole = [manifest, ...rows.slice(0, 3), checkpointOf(third), ...rows.slice(3), checkpointOf(last)];
  const text = (lines: Row[]) => lines.map((line) => `${JSON.stringify(line)}\n`).join('');
  const digest = sha256(text(resign ? change(structuredClone(whole)) : whole));
  const end = {
    type: 'end',
    rows: 6,
    sha256: digest,
    keyId: 'k1',
    signature: signed(`slipway-audit-export ${digest}`),
  };
  return [...change(structuredClone([...whole])), end].map((line) => JSON.stringify(line));
}

async function judge(lines: readonly string[], by = keys, known: readonly Known[] = []) {
  async function* read() {
    yield* lines;
  }
  return verifyExport(read(), by, known);
}

it('takes an export as it was written', async () => {
  expect(await judge(build())).toEqual({
    rows: 6,
    chains: [{ chain: 'c', name: 'acme', firstSeq: 1, lastSeq: 6, lastHash: expect.stringMatching(/^[0-9a-f]{64}$/) }],
    checkpoints: 2,
    problem: undefined,
  });
});

describe('the first row that is wrong is named', () => {
  const isRow = (seq: number) => (line: Row) => line['type'] === 'event' && line['seq'] === seq;
  const at = (lines: Row[], seq: number) => lines.findIndex(isRow(seq));
  it.each<[string, (lines: Row[]) => Row[], string, number]>([
    ['changed', (lines) => lines.map((line) => (isRow(4)(line) ? { ...line, actor: 'eve' } : line)), 'changed', 4],
    ['missing', (lines) => lines.filter((line) => !isRow(2)(line)), 'missing', 2],
    ['the first missing', (lines) => lines.filter((line) => !isRow(1)(line)), 'missing', 1],
    ['added', (lines) => lines.toSpliced(at(lines, 5), 0, { ...(lines[at(lines, 2)] ?? {}) }), 'added', 2],
    [
      'reordered',
      (lines) => lines.with(at(lines, 5), lines[at(lines, 6)] ?? {}).with(at(lines, 6), lines[at(lines, 5)] ?? {}),
      'reordered',
      5,
    ],
    ['cut off before the end', (lines) => lines.slice(0, at(lines, 5)), 'truncated', 5],
  ])('%s', async (_, change, kind, seq) => {
    expect((await judge(build(change))).problem).toMatchObject({ kind, seq });
  });

  it('also when everything after it was chained anew', async () => {
    const forge = (lines: Row[]) => {
      const forged = chainRows([1, 2, 3, 4, 5, 6], (seq) => (seq === 5 ? 'eve' : `user-${seq}`));
      return lines.map((line) => (line['type'] === 'event' ? (forged[Number(line['seq']) - 1] ?? line) : line));
    };
    const { problem } = await judge(build(forge));
    expect(problem).toMatchObject({ kind: 'rewritten', seq: 4 });
    expect(problem?.text).toContain('rows 4 to 6 of acme');
  });
});

it('says when the file was cut, when another key signed, and when a checkpoint is gone', async () => {
  expect((await judge(build().slice(0, -1))).problem?.kind).toBe('truncated');
  const other = generateKeyPairSync('ed25519').publicKey.export({ format: 'jwk' });
  const strangers = readKeys(JSON.stringify({ keys: [{ ...other, kid: 'k1' }] }));
  expect((await judge(build(), strangers)).problem?.kind).toBe('unsigned');
  const without = build((lines) => lines.filter((line) => line['type'] !== 'checkpoint'));
  expect((await judge(without)).problem?.kind).toBe('changed');
  expect((await judge(['{"a":1}'])).problem?.kind).toBe('malformed');
  expect((await judge([...build(), '{"type":"event"}'])).problem?.kind).toBe('added');
});

describe('against what was kept earlier', () => {
  const whole = chainRows([1, 2, 3, 4, 5, 6, 7, 8]);
  const kept = (seq: number) => {
    const { type: _, chain, ...checkpoint } = checkpointOf(whole[seq - 1] ?? {});
    return readKnown(JSON.stringify({ chain, checkpoint }), keys);
  };

  it('a whole chain, cut at its end before it was exported, is found out', async () => {
    expect((await judge(build(), keys, [kept(6)])).problem).toBeUndefined();
    expect((await judge(build(), keys, [kept(2)])).problem).toBeUndefined();
    expect((await judge(build(), keys, [kept(8)])).problem).toMatchObject({ kind: 'truncated', seq: 8 });
  });

  it('so is a chain that was written anew with the right key', async () => {
    const forged = { ...kept(4), hash: 'f'.repeat(64) };
    expect((await judge(build(), keys, [forged])).problem).toMatchObject({ kind: 'rewritten', seq: 4 });
  });

  it('a file that does not go on where the one before ended', async () => {
    const end = { chain: 'c', seq: 0, hash: '0'.repeat(64), isEndBefore: true };
    expect((await judge(build(), keys, [end])).problem).toBeUndefined();
    expect((await judge(build(), keys, [{ ...end, hash: 'f'.repeat(64) }])).problem?.kind).toBe('rewritten');
    expect((await judge(build(), keys, [{ ...end, seq: -2 }])).problem).toMatchObject({ kind: 'missing', seq: -1 });
  });

  it('a checkpoint that no key of ours has signed is not taken', () => {
    const { type: _, chain, ...checkpoint } = checkpointOf(whole[3] ?? {});
    const text = JSON.stringify({ chain, checkpoint: { ...checkpoint, hash: 'f'.repeat(64) } });
    expect(() => readKnown(text, keys)).toThrow('signed');
    expect(() => readKnown('{}', keys)).toThrow('no checkpoint');
  });
});
