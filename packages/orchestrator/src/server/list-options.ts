import { type FieldError, forbidden, notSupported } from '../kinds/index.js';
import type { Store } from '../store/index.js';
import { ApiError, badRequest } from './api-error.js';

export type VersionMatch = '' | 'Exact' | 'NotOlderThan';

/** The query of a list or a watch, validated. */
export interface ListOptions {
  /** Undefined: not given. 0: any state will do. */
  resourceVersion: number | undefined;
  match: VersionMatch;
  limit: number;
  continue: string;
  timeoutSeconds: number;
  allowWatchBookmarks: boolean;
  sendInitialEvents: boolean | undefined;
}

/** How long a request waits for a revision that has not been seen here yet. */
const freshMilliseconds = 3_000;
const pollMilliseconds = 50;

/** Reads and validates the query. Throws 400 for what cannot be read, 422 for what does not fit together. */
export function parseListOptions(query: URLSearchParams, isWatch: boolean): ListOptions {
  const version = query.get('resourceVersion') ?? '';
  const match = query.get('resourceVersionMatch') ?? '';
  const continued = query.get('continue') ?? '';
  const sendInitialEvents = query.has('sendInitialEvents') ? isTrue(query.get('sendInitialEvents')) : undefined;
  const errors = isWatch
    ? watchErrors(match, continued, sendInitialEvents)
    : listErrors(version, match, continued, sendInitialEvents);
  if (errors.length > 0) throw invalidOptions(errors);
  if (!isWatch && continued !== '' && version !== '' && version !== '0')
    throw badRequest('specifying resource version is not allowed when using continue');
  return {
    resourceVersion: version === '' ? undefined : parseVersion(version),
    match: match === 'Exact' || match === 'NotOlderThan' ? match : '',
    limit: parseInteger(query.get('limit')),
    continue: continued,
    timeoutSeconds: parseInteger(query.get('timeoutSeconds')),
    allowWatchBookmarks: query.has('allowWatchBookmarks') && isTrue(query.get('allowWatchBookmarks')),
    sendInitialEvents,
  };
}

function parseVersion(text: string): number {
  if (/^\d{1,15}$/.test(text)) return Number(text);
  const why = /^\d+$/.test(text) ? 'value out of range' : 'invalid syntax';
  throw badRequest(
    `resourceVersion: Invalid value: ${JSON.stringify(text)}: strconv.ParseUint: parsing ${JSON.stringify(text)}: ${why}`,
  );
}

function parseInteger(text: string | null): number {
  if (text === null || text === '') return 0;
  if (/^[+-]?\d{1,15}$/.test(text)) return Number(text);
  throw badRequest(`strconv.ParseInt: parsing ${JSON.stringify(text)}: invalid syntax`);
}

const isTrue = (text: string | null) => text !== '0' && text?.toLowerCase() !== 'false';

function listErrors(version: string, match: string, continued: string, initial: boolean | undefined): FieldError[] {
  const errors: FieldError[] = [];
  const field = 'resourceVersionMatch';
  if (match !== '') {
    if (version === '')
      errors.push(forbidden(field, 'resourceVersionMatch is forbidden unless resourceVersion is provided'));
    if (continued !== '') errors.push(forbidden(field, 'resourceVersionMatch is forbidden when continue is provided'));
    if (match !== 'Exact' && match !== 'NotOlderThan')
      errors.push(notSupported(field, match, ['Exact', 'NotOlderThan', '']));
    if (match === 'Exact' && version === '0')
      errors.push(forbidden(field, 'resourceVersionMatch "exact" is forbidden for resourceVersion "0"'));
  }
  if (initial !== undefined) errors.push(forbidden('sendInitialEvents', 'sendInitialEvents is forbidden for list'));
  return errors;
}

function watchErrors(match: string, continued: string, initial: boolean | undefined): FieldError[] {
  const errors: FieldError[] = [];
  const field = 'resourceVersionMatch';
  if (initial !== undefined && match !== 'NotOlderThan')
    errors.push(forbidden(field, 'sendInitialEvents requires setting resourceVersionMatch to NotOlderThan'));
  if (match !== '') {
    if (initial === undefined)
      errors.push(forbidden(field, 'resourceVersionMatch is forbidden for watch unless sendInitialEvents is provided'));
    if (match !== 'NotOlderThan') errors.push(notSupported(field, match, ['NotOlderThan']));
    if (continued !== '') errors.push(forbidden(field, 'resourceVersionMatch is forbidden when continue is provided'));
  }
  return errors;
}

function invalidOptions(errors: readonly FieldError[]): ApiError {
  const texts = errors.map(({ field, message }) => `${field}: ${message}`);
  const text = texts.length === 1 ? texts[0] : `[${texts.join(', ')}]`;
  return new ApiError(422, 'Invalid', `ListOptions.meta.k8s.io "" is invalid: ${text}`, {
    group: 'meta.k8s.io',
    kind: 'ListOptions',
    causes: errors.map(({ reason, message, field }) => ({ reason, message, field })),
  });
}

/** Waits a little for a revision that another server has given out. Throws 504. */
export async function untilRevision(store: Store, revision: number): Promise<void> {
  const deadline = performance.now() + freshMilliseconds;
  while (store.revision < revision) {
    await store.confirm();
    if (store.revision >= revision) return;
    if (performance.now() > deadline)
      throw new ApiError(504, 'Timeout', `Too large resource version: ${revision}, current: ${store.revision}`, {
        causes: [{ reason: 'ResourceVersionTooLarge', message: 'Too large resource version' }],
        retryAfterSeconds: 1,
      });
    await new Promise((resolve) => setTimeout(resolve, pollMilliseconds));
  }
}
