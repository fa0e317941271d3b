import { randomBytes, scrypt, timingSafeEqual } from 'node:crypto';
import { promisify } from 'node:util';
import type { Caller } from '../kernel/tenancy/caller.js';
import { fail } from './identity.errors.js';

const derive = promisify<string, Buffer, number, { N: number; r: number; p: number; maxmem: number }, Buffer>(scrypt);
// OWASP's minimum for scrypt: 2^15, 8, 3 needs 32 MiB for about a tenth of a second.
const cost = { N: 2 ** 15, r: 8, p: 3, maxmem: 64 * 1024 * 1024 };

export const personalTokenPrefix = 'slp_pat_';
/** What a token for kubectl opened in its hour may last longer, and stands while the token's row is there. */
export const keepKubeTokenMilliseconds = 30 * 24 * 3_600_000;
export const kubeTokenPrefix = 'slp_kube_';
export const impersonationTokenPrefix = 'slp_act_';
export const robotTokenPrefix = 'slp_robot_';
export const scimTokenPrefix = 'slp_scim_';

/** The id of the user who asks; robots have no tokens, sessions and factors of their own. */
export function requireUser({ actor }: Caller): string {
  if (actor.kind !== 'user') throw fail('token-not-for-robots');
  return actor.id;
}

/** `scrypt.<N>.<r>.<p>.<salt>.<key>`, salt and key in base64url. */
export async function hashPassword(password: string): Promise<string> {
  const salt = randomBytes(16);
  const key = await derive(password.normalize('NFKC'), salt, 32, cost);
  return ['scrypt', cost.N, cost.r, cost.p, salt.toString('base64url'), key.toString('base64url')].join('.');
}

/** Takes as long for a user who is not there (`undefined`) as for one who is. */
export async function verifyPassword(password: string, hash: string | null | undefined): Promise<boolean> {
  const [scheme, n, r, p, salt, key] = (hash ?? nobody).split('.');
  if (scheme !== 'scrypt' || !salt || !key) return false;
  const expected = Buffer.from(key, 'base64url');
  const options = { N: Number(n), r: Number(r), p: Number(p), maxmem: cost.maxmem };
  const actual = await derive(password.normalize('NFKC'), Buffer.from(salt, 'base64url'), expected.length, options);
  return timingSafeEqual(actual, expected) && Boolean(hash);
}

const nobody = [
  'scrypt',
  cost.N,
  cost.r,
  cost.p,
  'AAAAAAAAAAAAAAAAAAAAAA',
  Buffer.alloc(32).toString('base64url'),
].join('.');

/** What is shown of a token in lists. */
export const toTokenPrefix = (token: string, prefix: string): string => token.slice(0, prefix.length + 6);

/** `admin@acme` → `admin-acme`: a user name made from what an outside issuer calls the user. */
export function toUsername(preferred: string): string {
  const text = preferred
    .toLowerCase()
    .replace(/[^a-z0-9._-]+/g, '-')
    .replace(/^[^a-z0-9]+|[^a-z0-9]+$/g, '')
    .slice(0, 64);
  return text || 'user';
}
