import { createHash } from 'node:crypto';
import { fail } from '../errors/kernel.errors.js';
import type { Caller } from '../tenancy/caller.js';

/** `"<version>-<hash of the answer>"`: the version serves If-Match, the hash makes 304 honest for computed fields. */
export function toEtag(answer: object): string | undefined {
  const version: unknown = Reflect.get(answer, 'version');
  if (typeof version !== 'number') return undefined;
  return `"${version}-${createHash('sha1').update(JSON.stringify(answer)).digest('hex').slice(0, 8)}"`;
}

/** The version in an If-Match header; undefined for none and for `*`. Throws 412 for a tag that is none of ours. */
export function parseIfMatch(header: string | undefined): number | undefined {
  if (!header || header.trim() === '*') return undefined;
  const version = /^\s*(?:W\/)?"(\d{1,9})(?:-[0-9a-f]*)?"\s*$/.exec(header)?.[1];
  if (!version) throw fail('version-stale');
  return Number(version);
}

/** Throws 412 when the caller insists on another version than the row's. Call it inside the transaction. */
export function requireVersion(caller: Pick<Caller, 'ifMatch'>, row: { readonly version: number }): void {
  if (caller.ifMatch !== undefined && caller.ifMatch !== row.version) throw fail('version-stale');
}
