import { SlipwayError } from '../errors/errors.js';
import { fail } from '../errors/kernel.errors.js';

const unavailable = new Set([
  // Prisma: cannot reach, timed out, closed, no transaction could be started
  'P1001', 'P1002', 'P1008', 'P1017', 'P2024', 'P2028',
  // sockets
  'ECONNREFUSED', 'ECONNRESET', 'EPIPE', 'ETIMEDOUT', 'ENOTFOUND', 'EAI_AGAIN', 'EHOSTUNREACH',
  // PostgreSQL: shutting down, crashed, starting up, too many connections, connection failures
  '57P01', '57P02', '57P03', '53300', '08000', '08001', '08003', '08006',
]); // biome-ignore format: one group a line
/** Prisma's and PostgreSQL's: could not be serialized, deadlock. */
const lost = new Set(['P2034', '40001', '40P01']);
const twice = new Set(['P2002', '23505']);
const unstorable = new Set(['22021', '22P05']);
const adapterKinds = new Set(['DatabaseNotReachable', 'ConnectionClosed', 'SocketTimeout', 'TooManyConnections']);
const closedConnection =
  /Connection terminated|connection timeout|timeout exceeded when trying to connect|Client has encountered a connection error/i;

/** Whether the statement failed because PostgreSQL is away, as against refusing it. */
export function isDatabaseUnavailable(error: unknown): boolean {
  return chain(error).some(
    (link) =>
      hasCode(link, unavailable) ||
      adapterKinds.has(text(link, 'kind')) ||
      closedConnection.test(text(link, 'message')),
  );
}

/** Whether a transaction lost to a concurrent one and may simply be run again. */
export function isSerializationFailure(error: unknown): boolean {
  return chain(error).some((link) => hasCode(link, lost));
}

/** Whether the statement broke a unique constraint; with `field`, one that names the field. */
export function isUniqueViolation(error: unknown, field?: string): boolean {
  const links = chain(error);
  if (!links.some((link) => hasCode(link, twice))) return false;
  return field === undefined || links.some((link) => JSON.stringify(link).includes(field));
}

/** A text with NUL in it: PostgreSQL keeps none. */
function isUnstorableText(error: unknown): boolean {
  return chain(error).some((link) => hasCode(link, unstorable));
}

/** Turns what the database said into an error of the catalogue; anything else is returned as it is. */
export function toDatabaseProblem(error: unknown): unknown {
  if (error instanceof SlipwayError) return error;
  if (isDatabaseUnavailable(error)) return fail('database-unavailable', { cause: error, retryAfterSeconds: 2 });
  if (isUniqueViolation(error)) return fail('already-exists', { cause: error });
  if (isUnstorableText(error))
    return fail('malformed-request', { cause: error, detail: 'A text has a character that cannot be stored (NUL).' });
  if (isSerializationFailure(error)) return fail('conflict', { cause: error, retryAfterSeconds: 1 });
  if (chain(error).some((link) => text(link, 'code') === 'P2025')) return fail('not-found', { cause: error });
  return error;
}

function chain(error: unknown): object[] {
  const links: object[] = [];
  const visit = (value: unknown, depth: number) => {
    if (typeof value !== 'object' || value === null || depth > 6) return;
    links.push(value);
    for (const key of ['cause', 'meta', 'driverAdapterError', 'errors']) visit(Reflect.get(value, key), depth + 1);
    if (Array.isArray(value)) for (const item of value) visit(item, depth + 1);
  };
  visit(error, 0);
  return links;
}

/** Of a statement of our own PostgreSQL's code stands elsewhere than of one of Prisma's. */
const hasCode = (link: object, codes: ReadonlySet<string>): boolean =>
  codes.has(text(link, 'code')) || codes.has(text(link, 'originalCode'));

function text(link: object, key: string): string {
  const value: unknown = Reflect.get(link, key);
  return typeof value === 'string' ? value : '';
}
