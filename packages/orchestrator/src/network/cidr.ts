/** `100.64.0.0/17` as numbers. */
export interface Cidr {
  readonly base: number;
  readonly prefix: number;
}

/** @throws Error for anything but an IPv4 range */
export function parseCidr(text: string): Cidr {
  const match = /^(\d+)\.(\d+)\.(\d+)\.(\d+)\/(\d+)$/.exec(text);
  const octets = match?.slice(1, 5).map(Number) ?? [];
  const prefix = Number(match?.[5]);
  if (!match || octets.some((one) => one > 255) || prefix > 32) {
    throw new Error(`"${text}" is no IPv4 range: write it like 100.64.0.0/17`);
  }
  const mask = prefix === 0 ? 0 : (0xffffffff << (32 - prefix)) >>> 0;
  const base = octets.reduce((sum, one) => sum * 256 + one, 0);
  return { base: (base & mask) >>> 0, prefix };
}

/** The n-th address of a range: 0 is the range's own. */
export function addressAt(cidr: string, index: number): string {
  return toAddress(parseCidr(cidr).base + index);
}

function toAddress(number: number): string {
  return [24, 16, 8, 0].map((shift) => (number >>> shift) & 255).join('.');
}

export function contains(cidr: string, address: string): boolean {
  const range = parseCidr(cidr);
  const { base } = parseCidr(`${address}/${range.prefix}`);
  return base === range.base;
}
