const canonical = /^(?:[A-Za-z0-9+/]{4})*$/;

/**
 * The text of some bytes as the API writes it: without line breaks, with the unused bits zero. A number where the text is not
 * base64: the place of what is wrong.
 */
export function canonicalBase64(text: string): string | number {
  if (canonical.test(text)) return text;
  const place = wrongPlace(text);
  return place ?? Buffer.from(text, 'base64').toString('base64');
}

function isBreak(code: number): boolean {
  return code === 0x0a || code === 0x0d;
}

function isDigit(code: number): boolean {
  return (
    (code >= 0x41 && code <= 0x5a) ||
    (code >= 0x61 && code <= 0x7a) ||
    (code >= 0x30 && code <= 0x39) ||
    code === 0x2b ||
    code === 0x2f
  );
}

/** Where a strict reader of padded base64 stops, or undefined. */
function wrongPlace(text: string): number | undefined {
  let inQuantum = 0;
  for (let at = 0; at < text.length; at += 1) {
    const code = text.charCodeAt(at);
    if (isBreak(code)) continue;
    if (isDigit(code)) {
      inQuantum = (inQuantum + 1) % 4;
      continue;
    }
    if (code !== 0x3d || inQuantum < 2) return at;
    let next = at + 1;
    if (inQuantum === 2) {
      while (next < text.length && isBreak(text.charCodeAt(next))) next += 1;
      if (next === text.length) return next;
      if (text.charAt(next) !== '=') return next - 1;
      next += 1;
    }
    while (next < text.length && isBreak(text.charCodeAt(next))) next += 1;
    return next < text.length ? next : undefined;
  }
  return inQuantum === 0 ? undefined : text.length - inQuantum;
}
