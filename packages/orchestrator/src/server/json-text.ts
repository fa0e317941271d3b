import type { Json } from '../kinds/index.js';

/** Deeper than any object of the API; what walks objects does so by calling itself. */
export const depthLimit = 500;

const quote = 0x22;
const backslash = 0x5c;
const colon = 0x3a;

/** How many keys a JSON text writes out, and how deep it goes. The text need not be well formed. */
export function measureJson(text: Uint8Array): { keys: number; depth: number } {
  let keys = 0;
  let depth = 0;
  let deepest = 0;
  for (let at = 0; at < text.length; at += 1) {
    const byte = text[at];
    if (byte === quote) {
      for (at += 1; at < text.length && text[at] !== quote; at += 1) if (text[at] === backslash) at += 1;
    } else if (byte === colon) keys += 1;
    // [ and {, ] and } differ in one bit.
    else if (byte === 0x5b || byte === 0x7b) {
      depth += 1;
      if (depth > deepest) deepest = depth;
    } else if (byte === 0x5d || byte === 0x7d) depth -= 1;
  }
  return { keys, depth: deepest };
}

export function countKeys(value: Json | undefined): number {
  if (typeof value !== 'object' || value === null) return 0;
  let count = 0;
  if (Array.isArray(value)) {
    for (const each of value) count += countKeys(each);
    return count;
  }
  for (const key in value) if (Object.hasOwn(value, key)) count += 1 + countKeys(value[key]);
  return count;
}

/** True when a value is nested deeper than the limit, or holds itself. */
export function isTooDeep(value: unknown, limit = depthLimit): boolean {
  if (typeof value !== 'object' || value === null) return false;
  return limit <= 0 || Object.values(value).some((each) => isTooDeep(each, limit - 1));
}

/** Keys that a well-formed JSON text gives twice in one object, by their paths: `spec.containers[0].name`. */
export function duplicateFields(text: string): string[] {
  const found = new Set<string>();
  let at = 0;
  const skip = () => {
    while (/[\s,:]/.test(text.charAt(at)) && at < text.length) at += 1;
  };
  const string = (): string => {
    const start = at;
    for (at += 1; text.charAt(at) !== '"'; at += 1) if (text.charAt(at) === '\\') at += 1;
    at += 1;
    return JSON.parse(text.slice(start, at)) as string;
  };
  const value = (path: string): void => {
    skip();
    const first = text.charAt(at);
    if (first === '{') {
      const seen = new Set<string>();
      at += 1;
      for (skip(); text.charAt(at) !== '}'; skip()) {
        const key = string();
        const place = path === '' ? key : `${path}.${key}`;
        if (seen.has(key)) found.add(place);
        seen.add(key);
        value(place);
      }
      at += 1;
    } else if (first === '[') {
      at += 1;
      let index = 0;
      for (skip(); text.charAt(at) !== ']'; skip()) {
        value(`${path}[${index}]`);
        index += 1;
      }
      at += 1;
    } else if (first === '"') string();
    else while (at < text.length && !/[\s,:\]}]/.test(text.charAt(at))) at += 1;
  };
  value('');
  return [...found];
}
