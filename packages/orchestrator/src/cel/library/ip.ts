import { CelError } from '../error.js';
import { add, fixed, perCharacter, type Range, scale, sizeAt, traversal } from '../estimate.js';
import { type Costs, fn, instance, member, type Overload, text } from '../overload.js';
import { CelOpaque, type CelValue, sizeOf } from '../value.js';

/** 32 or 128 bits of address. */
interface Address {
  readonly bits: bigint;
  readonly family: 4 | 6;
}

class IpValue extends CelOpaque {
  readonly typeName = 'net.IP';
  constructor(readonly address: Address) {
    super();
  }
  equals(other: CelOpaque): boolean {
    return other instanceof IpValue && isSame(this.address, other.address);
  }
  override get size(): number {
    return this.address.family === 4 ? 4 : 16;
  }
}

class CidrValue extends CelOpaque {
  readonly typeName = 'net.CIDR';
  constructor(
    readonly address: Address,
    readonly prefix: number,
  ) {
    super();
  }
  equals(other: CelOpaque): boolean {
    return other instanceof CidrValue && isSame(this.address, other.address) && this.prefix === other.prefix;
  }
  override get size(): number {
    return Math.ceil(this.prefix / 8);
  }
}

const isSame = (a: Address, b: Address) => a.bits === b.bits && a.family === b.family;
const width = ({ family }: Address) => (family === 4 ? 32 : 128);

function parseV4(value: string): bigint | undefined {
  const parts = value.split('.');
  if (parts.length !== 4) return undefined;
  let bits = 0n;
  for (const part of parts) {
    if (!/^(0|[1-9]\d{0,2})$/.test(part) || Number(part) > 255) return undefined;
    bits = (bits << 8n) | BigInt(part);
  }
  return bits;
}

function parseGroups(value: string): number[] | undefined {
  if (value === '') return [];
  const groups: number[] = [];
  const parts = value.split(':');
  for (const [place, part] of parts.entries()) {
    if (part.includes('.')) {
      const last = place === parts.length - 1 ? parseV4(part) : undefined;
      if (last === undefined) return undefined;
      groups.push(Number(last >> 16n), Number(last & 0xffffn));
    } else if (/^[0-9a-fA-F]{1,4}$/.test(part)) groups.push(Number.parseInt(part, 16));
    else return undefined;
  }
  return groups;
}

function parseV6(value: string): bigint | undefined {
  const halves = value.split('::');
  if (halves.length > 2) return undefined;
  const [head = '', tail] = halves;
  const first = parseGroups(head);
  const last = tail === undefined ? [] : parseGroups(tail);
  if (!first || !last) return undefined;
  const missing = 8 - first.length - last.length;
  if (tail === undefined ? missing !== 0 : missing < 1) return undefined;
  const groups = [...first, ...Array.from({ length: missing }, () => 0), ...last];
  return groups.reduce((bits, group) => (bits << 16n) | BigInt(group), 0n);
}

const isMapped = (bits: bigint) => bits >> 32n === 0xffffn;

/** Zones and IPv4 addresses written as IPv6 are refused, as the API refuses them. */
function parseAddress(value: string): Address {
  const fail = (why: string) => new CelError(`IP Address ${JSON.stringify(value)} ${why}`);
  const v4 = parseV4(value);
  if (v4 !== undefined) return { bits: v4, family: 4 };
  if (value.includes('%')) throw fail('with zone value is not allowed');
  const v6 = value.length <= 45 ? parseV6(value) : undefined;
  if (v6 === undefined)
    throw new CelError(
      `IP Address ${JSON.stringify(value)} parse error during conversion from string: ParseAddr(${JSON.stringify(value)}): unable to parse IP`,
    );
  if (isMapped(v6)) throw fail('IPv4-mapped IPv6 address is not allowed');
  return { bits: v6, family: 6 };
}

function formatAddress({ bits, family }: Address): string {
  if (family === 4) return [24n, 16n, 8n, 0n].map((shift) => (bits >> shift) & 0xffn).join('.');
  const groups = Array.from({ length: 8 }, (_, place) => Number((bits >> BigInt(112 - place * 16)) & 0xffffn));
  let [start, length] = [-1, 1];
  for (let place = 0; place < 8; place += 1) {
    let end = place;
    while (end < 8 && groups[end] === 0) end += 1;
    if (end - place > length) [start, length] = [place, end - place];
  }
  const hex = (part: readonly number[]) => part.map((each) => each.toString(16)).join(':');
  return start < 0 ? hex(groups) : `${hex(groups.slice(0, start))}::${hex(groups.slice(start + length))}`;
}

function parseCidr(value: string): CidrValue {
  const fail = () =>
    new CelError(
      `network address parse error during conversion from string: network address ${JSON.stringify(value)} is not a valid CIDR`,
    );
  const [address, digits, ...rest] = value.split('/');
  if (address === undefined || digits === undefined || rest.length > 0 || !/^(0|[1-9]\d{0,2})$/.test(digits))
    throw fail();
  const parsed = parseAddress(address);
  const prefix = Number(digits);
  if (prefix > width(parsed)) throw fail();
  return new CidrValue(parsed, prefix);
}

function mask(address: Address, prefix: number): Address {
  const shift = BigInt(width(address) - prefix);
  return { ...address, bits: (address.bits >> shift) << shift };
}

function hasAddress(cidr: CidrValue, address: Address): boolean {
  return cidr.address.family === address.family && isSame(mask(cidr.address, cidr.prefix), mask(address, cidr.prefix));
}

function isPossible(parse: () => unknown): boolean {
  try {
    parse();
    return true;
  } catch (error) {
    if (error instanceof CelError) return false;
    throw error;
  }
}

const ip = (value: CelValue) => instance(IpValue)(value).address;
const cidr = instance(CidrValue);

/** First address and prefix length of each named range, by family. */
const ranges = {
  isLoopback: { 4: [0x7fn << 24n, 8], 6: [1n, 128] },
  isLinkLocalMulticast: { 4: [0xe00000n << 8n, 24], 6: [0xff02n << 112n, 16] },
  isLinkLocalUnicast: { 4: [0xa9fen << 16n, 16], 6: [0xfe80n << 112n, 10] },
} as const;
/** A multicast address's flags, which say nothing of its scope. */
const multicastFlags = 0xf0n << 112n;

function isInRange(address: Address, range: keyof typeof ranges): boolean {
  const [first, prefix] = ranges[range][address.family];
  const isMulticast = range === 'isLinkLocalMulticast' && address.family === 6;
  const significant = (bits: bigint) => (isMulticast ? bits & ~multicastFlags : bits);
  return mask({ ...address, bits: significant(address.bits) }, prefix).bits === significant(first);
}

function isGlobalUnicast(address: Address): boolean {
  if (address.bits === 0n || isInRange(address, 'isLoopback') || isInRange(address, 'isLinkLocalUnicast')) return false;
  return address.family === 4
    ? address.bits >> 28n !== 0xen && address.bits !== 0xffffffffn
    : address.bits >> 120n !== 0xffn;
}

const parsing: Costs = { cost: (args) => Math.ceil(sizeOf(args[0] ?? null) * perCharacter), estimate: traversal(0) };
const unit: Costs = { cost: () => 1, estimate: () => ({ cost: fixed(1) }) };
const canonical: Costs = {
  cost: (args) => Math.ceil(sizeOf(args[0] ?? null) * 2 * perCharacter),
  estimate: traversal(0, 2),
};
const addressSize: Range = { min: 4, max: 16 };
const compared = scale(add(addressSize, addressSize), perCharacter);

const containing = (isNetwork: boolean, isText: boolean): Costs => ({
  cost: (args) => {
    const size = sizeOf(args[0] ?? null);
    const own = Math.ceil(2 * size * perCharacter) + (isNetwork ? Math.ceil(size * perCharacter) + 1 : 0);
    return own + (isText ? Math.ceil(sizeOf(args[1] ?? null) * perCharacter) : 0);
  },
  estimate: (call) => {
    const own = isNetwork ? add(add(compared, scale(addressSize, perCharacter)), fixed(1)) : compared;
    return { cost: isText ? add(own, scale(sizeAt(call, 1), perCharacter)) : own };
  },
});

const hasNetwork = (outer: CidrValue, inner: CidrValue) =>
  outer.prefix <= inner.prefix && hasAddress(outer, mask(inner.address, inner.prefix));

export const addresses: readonly Overload[] = [
  fn('ip(string): net.IP', (a) => new IpValue(parseAddress(text(a))), parsing),
  fn('isIP(string): bool', (a) => isPossible(() => parseAddress(text(a))), parsing),
  fn('ip.isCanonical(string): bool', (a) => formatAddress(parseAddress(text(a))) === text(a), canonical),
  fn('string(net.IP): string', (a) => formatAddress(ip(a))),
  member('net.IP.family(): int', (a) => BigInt(ip(a).family), unit),
  member('net.IP.isUnspecified(): bool', (a) => ip(a).bits === 0n, unit),
  member('net.IP.isLoopback(): bool', (a) => isInRange(ip(a), 'isLoopback'), unit),
  member('net.IP.isLinkLocalMulticast(): bool', (a) => isInRange(ip(a), 'isLinkLocalMulticast'), unit),
  member('net.IP.isLinkLocalUnicast(): bool', (a) => isInRange(ip(a), 'isLinkLocalUnicast'), unit),
  member('net.IP.isGlobalUnicast(): bool', (a) => isGlobalUnicast(ip(a)), unit),
  fn('cidr(string): net.CIDR', (a) => parseCidr(text(a)), parsing),
  fn('isCIDR(string): bool', (a) => isPossible(() => parseCidr(text(a))), parsing),
  fn('string(net.CIDR): string', (a) => `${formatAddress(cidr(a).address)}/${cidr(a).prefix}`),
  member('net.CIDR.ip(): net.IP', (a) => new IpValue(cidr(a).address), unit),
  member('net.CIDR.prefixLength(): int', (a) => BigInt(cidr(a).prefix), unit),
  member(
    'net.CIDR.masked(): net.CIDR',
    (a) => new CidrValue(mask(cidr(a).address, cidr(a).prefix), cidr(a).prefix),
    unit,
  ),
  member('net.CIDR.containsIP(net.IP): bool', (a, b) => hasAddress(cidr(a), ip(b)), containing(false, false)),
  member(
    'net.CIDR.containsIP(string): bool',
    (a, b) => hasAddress(cidr(a), parseAddress(text(b))),
    containing(false, true),
  ),
  member('net.CIDR.containsCIDR(net.CIDR): bool', (a, b) => hasNetwork(cidr(a), cidr(b)), containing(true, false)),
  member(
    'net.CIDR.containsCIDR(string): bool',
    (a, b) => hasNetwork(cidr(a), parseCidr(text(b))),
    containing(true, true),
  ),
];
