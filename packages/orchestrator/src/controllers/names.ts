import { createHash } from 'node:crypto';

/** Without vowels and look-alikes, as Kubernetes does, so that no name spells a word. */
const alphabet = 'bcdfghjklmnpqrstvwxz2456789';

/** Letters that depend on `seed` alone, so that doing a thing twice names it the same. */
export function suffixOf(seed: string, length = 5): string {
  const digest = createHash('sha256').update(seed).digest();
  return Array.from(digest.subarray(0, length), (byte) => alphabet[byte % alphabet.length]).join('');
}

/** Spells a decimal or any other text in the safe alphabet. */
export const safeEncode = (text: string): string =>
  Array.from(text, (character) => alphabet[character.charCodeAt(0) % alphabet.length]).join('');
