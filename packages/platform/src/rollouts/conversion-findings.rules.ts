import type { Strategy } from './strategy.rules.js';

/** What could not be taken as it was written, and where that stands in the manifest. */
export interface Finding {
  readonly path: string;
  readonly message: string;
}

export type Conversion =
  | { readonly strategy: Strategy; readonly warnings: readonly Finding[] }
  | { readonly refusals: readonly Finding[] };

/** A document as a finding names it: `AnalysisTemplate/success-rate`. */
export function nameOf(document: unknown): string {
  const { kind, metadata } = Object(document) as { kind?: unknown; metadata?: { name?: unknown } };
  const name = metadata?.name;
  return `${String(kind ?? 'document')}${name === undefined ? '' : `/${String(name)}`}`;
}

/** A warning for each field that is not ours. */
export function warnOf(
  node: object,
  at: string,
  known: readonly string[],
  reasons: Readonly<Record<string, string>> = {},
): readonly Finding[] {
  return Object.entries(node)
    .filter(([key, value]) => value !== undefined && value !== null && !known.includes(key))
    .map(([key]) => ({ path: `${at}.${key}`, message: reasons[key] ?? 'Is not known here and was left out.' }));
}

/** What only the cluster knows is not reached from where it is called. */
export const warnOfInside = (url: string, path: string): readonly Finding[] =>
  isInside(url) ? [{ path, message: 'Is called from outside the cluster: give it a public address.' }] : [];

function isInside(url: string): boolean {
  if (!URL.canParse(url)) return false;
  const { hostname } = new URL(url);
  return /\.(svc|local|cluster\.local)$|\.svc\./.test(hostname) || !/[.:]/.test(hostname);
}

/** As our names are written; `otherwise` where nothing is left of it. */
export const toPlainName = (name: string, otherwise: string): string =>
  name
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, '-')
    .replace(/^-+|-+$/g, '')
    .slice(0, 63)
    .replace(/-+$/, '') || otherwise;

/** The same without what is undefined, so that it reads as it would be written. */
export function withoutNothing<T extends object>(value: T): T {
  return Object.fromEntries(Object.entries(value).filter(([, member]) => member !== undefined)) as T;
}
