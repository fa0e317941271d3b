import { createHash, randomBytes } from 'node:crypto';
import { crc32 } from 'node:zlib';

const alphabet = '0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz';
const idPattern = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/i;

/** A UUIDv7 (RFC 9562): ids sort by the millisecond they were made in. */
export function newId(): string {
  const bytes = randomBytes(16);
  bytes.writeUIntBE(Date.now(), 0, 6);
  bytes.writeUInt8((bytes.readUInt8(6) & 0x0f) | 0x70, 6);
  bytes.writeUInt8((bytes.readUInt8(8) & 0x3f) | 0x80, 8);
  const hex = bytes.toString('hex');
  return [hex.slice(0, 8), hex.slice(8, 12), hex.slice(12, 16), hex.slice(16, 20), hex.slice(20)].join('-');
}

/** Whether `text` has a UUID's form, as against a name. */
export function isId(text: string): boolean {
  return idPattern.test(text);
}

/** `bytes` random bytes in base62, always of the same length for the same number of bytes. */
export function randomText(bytes: number): string {
  return toBase62(BigInt(`0x${randomBytes(bytes).toString('hex')}`), Math.ceil((bytes * 8) / Math.log2(62)));
}

/** A token that secret scanners find: `<prefix><32 random bytes><6 characters of CRC-32>`. */
export function createToken(prefix: string): string {
  const body = `${prefix}${randomText(32)}`;
  return `${body}${checksum(body)}`;
}

/** Whether the token's checksum is right; says nothing about whether it was ever issued. */
export function isWellFormedToken(token: string, prefix: string): boolean {
  return (
    token.startsWith(prefix) && token.length > prefix.length + 6 && checksum(token.slice(0, -6)) === token.slice(-6)
  );
}

/** What is kept of a token. Tokens are 256 random bits, so a plain hash is enough. */
export function hashToken(token: string): string {
  return createHash('sha256').update(token).digest('hex');
}

function checksum(text: string): string {
  return toBase62(BigInt(crc32(text)), 6);
}

function toBase62(value: bigint, length: number): string {
  let text = '';
  for (let rest = value; rest > 0n; rest /= 62n) text = alphabet.charAt(Number(rest % 62n)) + text;
  return text.padStart(length, '0');
}
