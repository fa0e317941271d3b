import { BlockList, isIP } from 'node:net';

/** Whether `text` is an address or a CIDR range, IPv4 or IPv6. */
export function isRange(text: string): boolean {
  return parseRange(text) !== undefined;
}

/** The addresses in these ranges; undefined for no ranges, which is every address. */
export function toAddressList(ranges: readonly string[]): BlockList | undefined {
  if (ranges.length === 0) return undefined;
  const list = new BlockList();
  for (const text of ranges) {
    const range = parseRange(text);
    if (range) list.addSubnet(range.address, range.bits, range.family);
  }
  return list;
}

/** Whether somebody at this address may use a credential that is good in `list` only. An unknown address is in no list. */
export function isInside(list: BlockList | undefined, address: string | null): boolean {
  if (!list) return true;
  // An IPv4 caller of a socket that listens on both families.
  const plain = (address ?? '').replace(/^::ffff:(?=\d+\.\d+\.\d+\.\d+$)/i, '');
  const family = isIP(plain);
  return family !== 0 && list.check(plain, family === 6 ? 'ipv6' : 'ipv4');
}

function parseRange(text: string): { address: string; bits: number; family: 'ipv4' | 'ipv6' } | undefined {
  const [, address = '', bitsText] = /^([0-9a-fA-F.:]+)(?:\/(\d{1,3}))?$/.exec(text) ?? [];
  const version = isIP(address);
  if (version === 0) return undefined;
  const widest = version === 6 ? 128 : 32;
  const bits = bitsText === undefined ? widest : Number(bitsText);
  return bits <= widest ? { address, bits, family: version === 6 ? 'ipv6' : 'ipv4' } : undefined;
}

const dayMilliseconds = 86_400_000;

/** The end of a life of so many days that begins now. */
export function toExpiry(now: Date, days: number): Date {
  return new Date(now.getTime() + days * dayMilliseconds);
}

/** The earlier of two ends; null is none. */
export function earlier<T extends Date | null>(one: T, other: Date | null): T | Date {
  if (!one || !other) return one ?? other ?? one;
  return one < other ? one : other;
}

/** What a credential is found by: the hash of today, or the one before the rotation as long as both are good. */
export const byHash = (hash: string, now: Date) => ({
  OR: [{ hash }, { previousHash: hash, previousUntil: { gt: now } }],
});

/** What a rotation writes: with an overlap the old token stays good for its time, without one it ends at once. */
export function rotated(row: { readonly hash: string }, newHash: string, now: Date, overlapSeconds: number) {
  const previousUntil = overlapSeconds > 0 ? new Date(now.getTime() + overlapSeconds * 1000) : null;
  return { hash: newHash, previousHash: previousUntil ? row.hash : null, previousUntil };
}
