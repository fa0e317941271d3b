/** One value of DER: its tag, what it holds, and all of its bytes. */
export interface Element {
  readonly tag: number;
  readonly content: Buffer;
  readonly bytes: Buffer;
}

/** The values that follow each other in some bytes. Throws an Error where they are no DER. */
export function elementsOf(bytes: Buffer): Element[] {
  const found: Element[] = [];
  for (let at = 0; at < bytes.length; ) {
    const tag = bytes[at] ?? 0;
    let length = bytes[at + 1] ?? -1;
    let start = at + 2;
    if (length > 0x80) {
      const size = length & 0x7f;
      if (size > 4 || start + size > bytes.length) throw malformed();
      length = bytes.readUIntBE(start, size);
      start += size;
    } else if (length === 0x80 || length < 0) throw malformed();
    const end = start + length;
    // Tags of more than one byte occur in nothing that is read here.
    if (end > bytes.length || (tag & 0x1f) === 0x1f) throw malformed();
    found.push({ tag, content: bytes.subarray(start, end), bytes: bytes.subarray(at, end) });
    at = end;
  }
  return found;
}

const malformed = () => new Error('asn1: structure error: the data is malformed or cut short');

/** The value, which must be there. */
export function first(element: Element | undefined): Element {
  if (!element) throw malformed();
  return element;
}

/** `2.5.4.3` of an object identifier's content. */
export function oidOf(content: Buffer): string {
  const parts: number[] = [];
  let value = 0;
  for (const byte of content) {
    value = value * 128 + (byte & 0x7f);
    if (byte & 0x80) continue;
    if (parts.length === 0) {
      const root = Math.min(2, Math.floor(value / 40));
      parts.push(root, value - root * 40);
    } else parts.push(value);
    value = 0;
  }
  return parts.join('.');
}

const bmpString = 0x1e;

/** The text of any kind of string. */
export function textOf({ tag, content }: Element): string {
  if (tag !== bmpString) return content.toString('utf8');
  return content.length % 2 === 0 ? Buffer.from(content).swap16().toString('utf16le') : '';
}
