import ipaddr from 'ipaddr.js';

/** `10.20.0.0/16`, as an administrator allows them by SLIPWAY_OUTGOING_ALLOW. */
export type AddressRange = [ipaddr.IPv4 | ipaddr.IPv6, number];

/** `10.20.0.0/16,fd00::/8,127.0.0.1`. @throws Error that names the part that is wrong */
export function parseRanges(text: string): AddressRange[] {
  return text
    .split(',')
    .map((part) => part.trim())
    .filter(Boolean)
    .map((part) => {
      const [address = '', bits] = part.split('/');
      if (!ipaddr.isValid(address) || (bits !== undefined && !/^\d{1,3}$/.test(bits))) {
        throw new Error(`SLIPWAY_OUTGOING_ALLOW: "${part}" is no address and no range: write it like 10.20.0.0/16.`);
      }
      const parsed = ipaddr.parse(address);
      const most = parsed.kind() === 'ipv4' ? 32 : 128;
      return [parsed, Math.min(Number(bits ?? most), most)];
    });
}

/**
 * Whether a connection may be made to an address that a user's URL led to: only to the public internet and to what is allowed.
 * Loopback, private, link-local (the clouds' metadata), shared (pods and Services), multicast and reserved ranges are closed, and
 * so are IPv6 addresses that hold such an IPv4 address (mapped, NAT64, 6to4, Teredo).
 */
export function isAddressAllowed(address: string, allow: readonly AddressRange[]): boolean {
  if (!ipaddr.isValid(address)) return false;
  // Takes an IPv4 address out of `::ffff:`.
  const parsed = ipaddr.process(address);
  if (allow.some((range) => range[0].kind() === parsed.kind() && parsed.match(range))) return true;
  return parsed.range() === 'unicast';
}

/** An address written in a URL's host, also as `[::1]`; undefined for a name. */
export function literalAddress(hostname: string): string | undefined {
  const bare = hostname.replace(/^\[|\]$/g, '');
  return ipaddr.isValid(bare) ? bare : undefined;
}
