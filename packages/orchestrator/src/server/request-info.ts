import type { IncomingMessage } from 'node:http';
import { type KindDefinition, parseFieldSelector, SelectorError } from '../kinds/index.js';
import { methodNotAllowed, noSuchPath } from './api-error.js';
import type { KindCatalog } from './catalog.js';

export type Verb = 'get' | 'list' | 'watch' | 'create' | 'update' | 'patch' | 'delete' | 'deletecollection';

export interface ResourceRequest {
  kind: KindDefinition;
  verb: Verb;
  /** Empty for a request over all namespaces and for what is in none. */
  namespace: string;
  /** Empty for a collection. */
  name: string;
  /** Empty for the object itself. */
  subresource: string;
  /** Of a collection: what its objects must be, as the client wrote it. */
  fieldSelector?: string;
}

/** Reads `/api/v1/namespaces/{ns}/{plural}/{name}/{subresource}` and its shorter forms. Throws 404 and 405. */
export function parseResourceRequest(
  catalog: KindCatalog,
  request: Pick<IncomingMessage, 'method'>,
  group: string,
  version: string,
  rest: readonly string[],
  query: URLSearchParams,
): ResourceRequest {
  let parts = rest;
  let isWatchPath = false;
  if (parts[0] === 'watch') {
    isWatchPath = true;
    parts = parts.slice(1);
  }
  let namespace = '';
  const isInNamespace = parts[0] === 'namespaces' && parts.length >= 3 && !isNamespaceSubresource(parts);
  if (isInNamespace) {
    namespace = parts[1] ?? '';
    parts = parts.slice(2);
  }
  // What comes after `proxy` is the backend's path.
  if (parts[2] === 'proxy') parts = parts.slice(0, 3);
  const kind = catalog.find(group, version, parts[0] ?? '');
  if (!kind || parts.length > 3 || (isInNamespace && !kind.type.namespaced)) throw noSuchPath();
  const name = parts[1] ?? '';
  const subresource = parts[2] ?? '';
  if (subresource !== '' && !kind.subresources.some((each) => each.name === subresource)) throw noSuchPath();
  if (kind.type.namespaced && !isInNamespace && name !== '') throw noSuchPath();
  const isWatch = isWatchPath || ['true', '1'].includes(query.get('watch') ?? '');
  const verb = verbOf(request.method ?? 'GET', name, isWatch);
  const fieldSelector = name === '' ? (query.get('fieldSelector') ?? '') : '';
  return { kind, verb, namespace, name, subresource, ...(fieldSelector !== '' && { fieldSelector }) };
}

function isNamespaceSubresource(parts: readonly string[]): boolean {
  return parts.length === 3 && (parts[2] === 'status' || parts[2] === 'finalize');
}

function verbOf(method: string, name: string, isWatch: boolean): Verb {
  switch (method) {
    case 'POST':
      return 'create';
    case 'PUT':
      return 'update';
    case 'PATCH':
      return 'patch';
    case 'DELETE':
      return name === '' ? 'deletecollection' : 'delete';
    case 'GET':
    case 'HEAD':
      return isWatch ? 'watch' : name === '' ? 'list' : 'get';
    default:
      throw methodNotAllowed();
  }
}

/**
 * The one object that a request over a collection asks for by `fieldSelector=metadata.name=x`: who may read that object
 * alone may ask so. Empty when all are meant, or when the selector cannot be read.
 */
export function nameInSelector(query: URLSearchParams): string {
  const name = valueInSelector(query.get('fieldSelector') ?? '', 'metadata.name');
  return name === '.' || name === '..' || /[/%]/.test(name) ? '' : name;
}

/** The one value that a field selector allows a field; empty where it allows several, or cannot be read. */
export function valueInSelector(text: string, field: string): string {
  if (text === '') return '';
  try {
    const term = parseFieldSelector(text).find(({ key, operator }) => key === field && operator === 'in');
    return term?.values[0] ?? '';
  } catch (error) {
    if (error instanceof SelectorError) return '';
    throw error;
  }
}
