import { fail } from '../kernel/errors/kernel.errors.js';
import type { Page } from '../kernel/http/page.js';
import type { PageQuery } from '../kernel/http/schemas.js';

/** A page of a list that is short and whole in memory. The cursor is the name of the last one before. */
export function toPageInMemory<T extends { readonly name: string }>(all: readonly T[], query: PageQuery): Page<T> {
  const { limit, cursor, q } = query;
  const matching = all.filter(({ name }) => q === undefined || name.includes(q));
  const after = cursor === undefined ? '' : Buffer.from(cursor, 'base64url').toString('utf8');
  const start = cursor === undefined ? 0 : matching.findIndex(({ name }) => name === after) + 1;
  if (cursor !== undefined && start === 0) {
    const message = 'Send the nextCursor of the page before, as it was.';
    throw fail('malformed-request', { errors: [{ path: 'query.cursor', code: 'invalid-cursor', message }] });
  }
  const items = matching.slice(start, start + limit);
  const last = start + limit < matching.length ? items.at(-1) : undefined;
  return { items, nextCursor: last ? Buffer.from(last.name).toString('base64url') : null };
}
