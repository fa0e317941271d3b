import { fail } from '../errors/kernel.errors.js';
import type { PageQuery } from './schemas.js';

export interface Page<T> {
  readonly items: readonly T[];
  readonly nextCursor: string | null;
}

type Key = string | number | bigint | Date;

/**
 * A keyset page for Prisma: stable under concurrent writes, because it says "after this row", never "skip n".
 * `Where` is the model's `…WhereInput`. Ordered by `field`, then by `id` to break ties.
 */
export function keyset<Where extends object>(
  query: Pick<PageQuery, 'limit' | 'cursor'>,
  field: string,
  options: { direction?: 'asc' | 'desc'; type?: 'string' | 'date' | 'number' } = {},
): { where: Where; orderBy: Record<string, 'asc' | 'desc'>[]; take: number } {
  const { direction = 'asc', type = 'string' } = options;
  const beyond = direction === 'asc' ? 'gt' : 'lt';
  let where: object = {};
  if (query.cursor) {
    const [text, id] = decode(query.cursor);
    const value = type === 'date' ? new Date(text) : type === 'number' ? Number(text) : text;
    if (value instanceof Date ? Number.isNaN(value.getTime()) : Number.isNaN(value)) throw malformed();
    where = { OR: [{ [field]: { [beyond]: value } }, { [field]: value, id: { [beyond]: id } }] };
  }
  // One more than asked tells whether there is a next page.
  return { where: where as Where, orderBy: [{ [field]: direction }, { id: direction }], take: query.limit + 1 };
}

/** Cuts the extra row off and makes its cursor. `keyOf` gives the values of `keyset`'s field and id. */
export function toPage<Row, T>(
  rows: readonly Row[],
  limit: number,
  keyOf: (row: Row) => readonly [Key, string],
  toItem: (row: Row) => T,
): Page<T> {
  const last = rows.length > limit ? rows[limit - 1] : undefined;
  return { items: rows.slice(0, limit).map(toItem), nextCursor: last === undefined ? null : encode(keyOf(last)) };
}

function encode([value, id]: readonly [Key, string]): string {
  const text = value instanceof Date ? value.toISOString() : String(value);
  return Buffer.from(JSON.stringify([text, id])).toString('base64url');
}

function decode(cursor: string): [string, string] {
  try {
    const value: unknown = JSON.parse(Buffer.from(cursor, 'base64url').toString('utf8'));
    if (!Array.isArray(value) || value.length !== 2) throw malformed();
    const [text, id]: unknown[] = value;
    if (typeof text !== 'string' || typeof id !== 'string' || !/^[0-9a-f-]{36}$/i.test(id)) throw malformed();
    return [text, id];
  } catch {
    throw malformed();
  }
}

function malformed() {
  const message = 'Send the nextCursor of the page before, as it was.';
  return fail('malformed-request', { errors: [{ path: 'query.cursor', code: 'invalid-cursor', message }] });
}
