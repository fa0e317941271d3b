import { createHash, createPublicKey, type KeyObject, verify } from 'node:crypto';

interface ChainRange {
  readonly chain: string;
  readonly name: string;
  readonly firstSeq: number;
  readonly lastSeq: number;
  readonly lastHash: string;
}

/** An export of the audit log as `slipway audit export` writes it, read without the platform. */
export interface Verdict {
  readonly rows: number;
  readonly chains: readonly ChainRange[];
  /** Checkpoints whose signatures hold. */
  readonly checkpoints: number;
  /** The first thing that is wrong; undefined when nothing is. */
  readonly problem?: Problem;
}

export interface Problem {
  readonly kind: 'changed' | 'missing' | 'added' | 'reordered' | 'rewritten' | 'truncated' | 'unsigned' | 'malformed';
  readonly text: string;
  readonly line: number;
  readonly chain?: string;
  readonly seq?: number;
}

type Row = Record<string, unknown>;

/** Where a chain stood, by somebody who kept it: of `slipway audit state`, or of the file before. */
export interface Known {
  readonly chain: string;
  readonly seq: number;
  readonly hash: string;
  readonly at?: string;
  /** The end of the file before: this one has to go on there. */
  readonly isEndBefore?: boolean;
}

interface ChainState {
  readonly name: string;
  readonly firstSeq: number;
  readonly lastSeq: number;
  next: number;
  hash: string;
  signedSeq: number;
}

/** The public keys of a JWK set, by id. Throws when it has none. */
export function readKeys(text: string): ReadonlyMap<string, KeyObject> {
  const { keys } = JSON.parse(text) as { keys?: { kid?: string; kty: string; crv: string; x: string }[] };
  const found = (keys ?? []).map(({ kid, kty, crv, x }): [string, KeyObject] => [
    kid ?? '',
    createPublicKey({ key: { kty, crv, x }, format: 'jwk' }),
  ]);
  if (found.length === 0) throw new Error('There is no key in it.');
  return new Map(found);
}

/**
 * The checkpoint in what `slipway audit state -o json` printed, as it was kept where nobody who can change the platform can change it.
 * Throws when there is none, or when it is signed by no key of ours.
 */
export function readKnown(text: string, keys: ReadonlyMap<string, KeyObject>): Known {
  const state: unknown = JSON.parse(text);
  const checkpoint = isRow(state) ? state['checkpoint'] : undefined;
  if (!isRow(state) || !isRow(checkpoint)) throw new Error('There is no checkpoint in it.');
  const statement: Row = { ...checkpoint, chain: state['chain'] };
  if (!isSigned(keys, statementOf(statement, 'checkpoint'), checkpoint))
    throw new Error('No key of ours has signed it.');
  const { seq, hash, at } = checkpoint;
  return { chain: String(state['chain']), seq: Number(seq), hash: String(hash), at: String(at) };
}

/**
 * Reads the whole export and gives what is wrong first. The lines are those of the file, without their ends. A file alone cannot show
 * that the last rows of its chain were taken away before it was written: `known`, kept from earlier, does.
 */
export async function verifyExport(
  lines: AsyncIterable<string>,
  keys: ReadonlyMap<string, KeyObject>,
  known: readonly Known[] = [],
): Promise<Verdict> {
  const verifier = new Verifier(keys, known);
  for await (const line of lines) verifier.read(line);
  return verifier.end();
}

class Verifier {
  private readonly chains = new Map<string, ChainState>();
  private readonly all = createHash('sha256');
  private line = 0;
  private rows = 0;
  private checkpoints = 0;
  private isEnded = false;
  private problem: Problem | undefined;
  /** A row that was not where it belongs: later lines tell whether it is missing or elsewhere. */
  private sought: { readonly chain: string; readonly seq: number } | undefined;

  /** The end of the time that the export is of; null: all up to when it was written. */
  private until: string | null = null;
  private tenant: unknown = null;

  constructor(
    private readonly keys: ReadonlyMap<string, KeyObject>,
    private readonly known: readonly Known[],
  ) {}

  read(text: string): undefined {
    if (text === '') return;
    this.line += 1;
    const value = parse(text);
    if (!value) return this.fail('malformed', 'This line is no JSON object.');
    if (this.isEnded) return this.fail('added', 'There is more after the end.');
    const { type } = value;
    if (type === 'end') return this.readEnd(value);
    this.all.update(`${text}\n`);
    if (this.line === 1) return this.readManifest(value);
    if (type === 'event') return this.readEvent(value);
    if (type === 'checkpoint') return this.readCheckpoint(value);
    return this.fail('malformed', 'This line is none that an export has.');
  }

  end(): Verdict {
    if (!this.isEnded) this.fail('truncated', 'The export has no end: it was cut off.');
    else if (!this.problem) for (const known of this.known) this.compareEnd(known);
    const chains = [...this.chains].map(([chain, { name, firstSeq, lastSeq, hash }]) => ({
      chain,
      name,
      firstSeq,
      lastSeq,
      lastHash: hash,
    }));
    return { rows: this.rows, chains, checkpoints: this.checkpoints, problem: this.problem };
  }

  private readManifest(value: Row): undefined {
    const { format, chains } = value;
    if (value['type'] !== 'manifest' || format !== 'slipway-audit/1' || !Array.isArray(chains))
      return this.fail('malformed', 'The file does not begin as an export of the audit log does.');
    this.until = typeof value['to'] === 'string' ? value['to'] : null;
    this.tenant = value['tenant'] ?? null;
    for (const chain of chains as Row[]) {
      const firstSeq = Number(chain['firstSeq']);
      this.chains.set(String(chain['chain']), {
        name: String(chain['name']),
        firstSeq,
        lastSeq: Number(chain['lastSeq']),
        next: firstSeq,
        hash: String(chain['prevHash']),
        signedSeq: firstSeq - 1,
      });
      for (const known of this.known) if (known.chain === chain['chain']) this.compareBegin(known, chain);
      const { stub } = chain;
      if (isRow(stub) && !this.isSigned(statementOf(stub, 'stub'), stub))
        this.fail('unsigned', `The stub of what retention removed of ${chain['name']} is not signed by a key of ours.`);
    }
  }

  private readEvent(value: Row): undefined {
    this.rows += 1;
    const id = String(value['chain']);
    const seq = Number(value['seq']);
    const chain = this.chains.get(id);
    if (this.sought?.chain === id && this.sought.seq === seq && this.problem?.kind === 'missing')
      this.problem = {
        ...this.problem,
        kind: 'reordered',
        text: this.problem.text.replace('is missing', 'is in another place'),
      };
    if (this.problem) return;
    const who = describe(value, chain?.name);
    if (!chain) return this.fail('added', `${who} belongs to no chain of this export.`, id, seq);
    if (seq < chain.next || seq > chain.lastSeq) return this.fail('added', `${who} was added.`, id, seq);
    if (seq > chain.next) {
      this.sought = { chain: id, seq: chain.next };
      return this.fail('missing', `Row ${chain.next} of ${chain.name} is missing.`, id, chain.next);
    }
    const { type: _type, hash, ...record } = value;
    if (hashOf(record) !== hash) return this.fail('changed', `${who} was changed.`, id, seq);
    if (value['prevHash'] !== chain.hash)
      return this.fail('changed', `${who} does not follow the row before it: one of them was replaced.`, id, seq);
    chain.next = seq + 1;
    chain.hash = String(hash);
    if (this.known.some((known) => known.chain === id && known.seq === seq && known.hash !== hash))
      this.fail(
        'rewritten',
        `${who} is another than in the checkpoint that you kept: rows up to it were replaced.`,
        id,
        seq,
      );
  }

  /** A file that begins right after what is known begins with its hash; the next file of a row begins nowhere else. */
  private compareBegin({ chain, seq, hash, isEndBefore }: Known, { name, firstSeq, prevHash }: Row): undefined {
    if (firstSeq === seq + 1 ? prevHash === hash : !isEndBefore || Number(firstSeq) <= seq) return;
    if (firstSeq === seq + 1)
      return this.fail(
        'rewritten',
        `Row ${firstSeq} of ${name} follows another row ${seq} than the one that is known.`,
        chain,
        seq,
      );
    return this.fail(
      'missing',
      `Row ${seq + 1} of ${name} is missing: this file begins with ${firstSeq}.`,
      chain,
      seq + 1,
    );
  }

  /** What was there once and is not there now was taken from the end of the chain, before the file was written. */
  private compareEnd({ chain, seq, at, isEndBefore }: Known): void {
    const found = this.chains.get(chain);
    const isElsewhere = (!found && this.tenant !== null) || isEndBefore;
    const isLater = this.until !== null && at !== undefined && Date.parse(at) >= Date.parse(this.until);
    if (isElsewhere || isLater || (found && found.lastSeq >= seq)) return;
    const last = found ? `ends with row ${found.lastSeq}` : 'is not here';
    this.fail(
      'truncated',
      `Row ${seq} was signed and ${found?.name ?? chain} ${last}: its end was removed.`,
      chain,
      seq,
    );
  }

  private readCheckpoint(value: Row): undefined {
    if (this.problem) return;
    const id = String(value['chain']);
    const seq = Number(value['seq']);
    const chain = this.chains.get(id);
    if (!chain || seq !== chain.next - 1)
      return this.fail('malformed', `A checkpoint of row ${seq} stands in the wrong place.`, id, seq);
    if (!this.isSigned(statementOf(value, 'checkpoint'), value))
      return this.fail(
        'unsigned',
        `The checkpoint of row ${seq} of ${chain.name} is not signed by a key of ours.`,
        id,
        seq,
      );
    if (value['hash'] !== chain.hash) {
      const text = `Of the rows ${chain.signedSeq + 1} to ${seq} of ${chain.name} one was changed, and all after it chained anew.`;
      return this.fail('rewritten', text, id, chain.signedSeq + 1);
    }
    chain.signedSeq = seq;
    this.checkpoints += 1;
  }

  private readEnd(value: Row): undefined {
    this.isEnded = true;
    if (this.problem) return;
    for (const [id, chain] of this.chains) {
      if (chain.next <= chain.lastSeq)
        return this.fail(
          'truncated',
          `Row ${chain.next} of ${chain.name}, and what followed, is missing.`,
          id,
          chain.next,
        );
    }
    const sha256 = this.all.digest('hex');
    if (value['sha256'] !== sha256 || value['rows'] !== this.rows)
      return this.fail('changed', 'The file is not as it was signed: something beside the rows was changed.');
    if (!this.isSigned(Buffer.from(`slipway-audit-export ${sha256}`), value))
      return this.fail('unsigned', 'The end is not signed by a key of ours.');
  }

  private isSigned(bytes: Buffer, by: Row): boolean {
    return isSigned(this.keys, bytes, by);
  }

  private fail(kind: Problem['kind'], text: string, chain?: string, seq?: number): undefined {
    this.problem ??= { kind, text, line: this.line, chain, seq };
  }
}

function isSigned(keys: ReadonlyMap<string, KeyObject>, bytes: Buffer, { keyId, signature }: Row): boolean {
  const key = keys.get(String(keyId));
  return key !== undefined && verify(null, bytes, key, Buffer.from(String(signature), 'base64url'));
}

function describe(row: Row, chain: string | undefined): string {
  return `Row ${row['seq']} of ${chain ?? row['chain']} (${row['action']} by ${row['actor']} at ${row['at']})`;
}

function statementOf({ chain, seq, hash, at, keyId }: Row, type: 'checkpoint' | 'stub'): Buffer {
  return Buffer.from(`slipway-audit ${toCanonicalJson({ type, chain, seq, hash, at, keyId })}`);
}

function hashOf(record: Row): string {
  return createHash('sha256').update(toCanonicalJson(record)).digest('hex');
}

/** RFC 8785. */
function toCanonicalJson(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(toCanonicalJson).join(',')}]`;
  if (!isRow(value)) return JSON.stringify(value);
  const members = Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1));
  return `{${members.map(([name, member]) => `${JSON.stringify(name)}:${toCanonicalJson(member)}`).join(',')}}`;
}

function parse(text: string): Row | undefined {
  try {
    const value: unknown = JSON.parse(text);
    return isRow(value) ? value : undefined;
  } catch {
    return undefined;
  }
}

function isRow(value: unknown): value is Row {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
