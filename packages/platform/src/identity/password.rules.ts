import { commonPasswords } from './common-passwords.js';

/** Why a password is refused; undefined for a good one. */
export function findPasswordProblem(
  password: string,
  user: { readonly username: string; readonly email?: string | null },
  minLength: number,
): { readonly code: 'too-short' | 'has-name' | 'too-common'; readonly message: string } | undefined {
  const text = password.normalize('NFKC');
  if ([...text].length < minLength) return { code: 'too-short', message: `At least ${minLength} characters.` };
  const plain = text.toLowerCase();
  const names = [user.username, user.email?.split('@')[0] ?? ''].map((name) => name.toLowerCase());
  if (names.some((name) => name.length >= 3 && plain.includes(name))) {
    return { code: 'has-name', message: 'Not with the user name or the mail address in it.' };
  }
  return isCommon(plain) ? { code: 'too-common', message: 'Not one that everybody tries first.' } : undefined;
}

/** A common word, however often, with digits and signs around it; or a run of keys. */
function isCommon(plain: string): boolean {
  if (/^(.{1,4})\1+.{0,3}$/.test(plain)) return true;
  const core = plain.replace(/[^a-z]+$/, '');
  const spelled = core.replace(/[013457@$!]/g, (sign) => spelling[sign] ?? sign);
  return [plain, spelled].some((text) => {
    const words = text.split(/[^a-z]+/).filter(Boolean);
    const isMostlyWords = words.length > 0 && words.join('').length * 2 > plain.length;
    return isRun(text.replace(/[^a-z0-9]/g, '')) || (isMostlyWords && words.every(isOfCommonWords));
  });
}

const spelling: Readonly<Record<string, string>> = {
  '0': 'o',
  '1': 'i',
  '3': 'e',
  '4': 'a',
  '5': 's',
  '7': 't',
  '@': 'a',
  $: 's',
  '!': 'i',
};
const keyRows = [
  '01234567890123456789',
  'abcdefghijklmnopqrstuvwxyz',
  'qwertyuiopasdfghjklzxcvbnm',
  'qwertzuiopasdfghjklyxcvbnm',
];

const isRun = (text: string): boolean =>
  text.length >= 6 && keyRows.some((row) => row.includes(text) || [...row].reverse().join('').includes(text));

function isOfCommonWords(text: string): boolean {
  if (text === '') return true;
  return commonPasswords.some((word) => text.startsWith(word) && isOfCommonWords(text.slice(word.length)));
}
