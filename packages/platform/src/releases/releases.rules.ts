import { createHash } from 'node:crypto';
import type { ConfigReference } from '../config/effective-config.service.js';

export type Json = null | boolean | number | string | readonly Json[] | { readonly [key: string]: Json | undefined };

/** What a release binds together. Equal content has an equal hash, whoever made it and when. */
export interface ReleaseContent {
  readonly image: string;
  readonly processes: { readonly [name: string]: Json };
  /** Left out where there are none, so that releases from before there were any keep their hashes. */
  readonly hooks?: { readonly [name: string]: Json };
  /** By environment: the config that it had when the release was made, of all scopes. */
  readonly config: Readonly<Record<string, ConfigReference>>;
  /** Host names by environment. */
  readonly routes: Readonly<Record<string, readonly string[]>>;
  /** Overrides by environment. */
  readonly scaling: { readonly [environment: string]: Json };
}

export interface Change {
  readonly path: string;
  readonly before: Json;
  readonly after: Json;
}

/** JSON with sorted keys and without undefined members: one text for one value (RFC 8785 for the values that we use). */
export function canonicalJson(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map((item) => canonicalJson(item ?? null)).join(',')}]`;
  if (value !== null && typeof value === 'object') {
    const members = Object.entries(value)
      .filter(([, member]) => member !== undefined)
      .sort(([a], [b]) => (a < b ? -1 : a > b ? 1 : 0))
      .map(([key, member]) => `${JSON.stringify(key)}:${canonicalJson(member)}`);
    return `{${members.join(',')}}`;
  }
  return JSON.stringify(value ?? null);
}

/** `sha256:` and 64 hexadecimal digits over the canonical JSON. */
export function contentHash(value: unknown): string {
  return `sha256:${createHash('sha256').update(canonicalJson(value)).digest('hex')}`;
}

/** The hash of a release covers the contents of its config, not its number: equal variables under another number are equal. */
export function releaseHash(content: ReleaseContent): string {
  const config = Object.fromEntries(
    Object.entries(content.config).map(([environment, reference]) => [
      environment,
      { hash: reference.hash, secrets: reference.secrets },
    ]),
  );
  return contentHash({ ...content, config });
}

/** Every leaf that differs, by its path, in the order of the paths. Lists are compared whole. */
export function diffReleases(before: ReleaseContent, after: ReleaseContent): readonly Change[] {
  const left = leaves(before);
  const right = leaves(after);
  const paths = [...new Set([...left.keys(), ...right.keys()])].sort();
  return paths
    .map((path) => ({ path, before: left.get(path) ?? null, after: right.get(path) ?? null }))
    .filter((change) => canonicalJson(change.before) !== canonicalJson(change.after));
}

function leaves(value: unknown, path = '', found = new Map<string, Json>()): Map<string, Json> {
  if (value !== null && typeof value === 'object' && !Array.isArray(value)) {
    for (const [key, member] of Object.entries(value)) leaves(member, path === '' ? key : `${path}.${key}`, found);
  } else if (value !== undefined) {
    found.set(path, toJson(value));
  }
  return found;
}

function toJson(value: unknown): Json {
  if (value === null || typeof value === 'boolean' || typeof value === 'number' || typeof value === 'string')
    return value;
  if (Array.isArray(value)) return value.map(toJson);
  if (typeof value === 'object')
    return Object.fromEntries(Object.entries(value).map(([key, member]) => [key, toJson(member)]));
  return null;
}
