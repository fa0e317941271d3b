import { createHmac } from 'node:crypto';

/** How a host name came to be verified. Only the first two prove what lies under it as well. */
export const proofs = ['dns', 'parent', 'administrator', 'unownable', 'platform', 'off'] as const;
export type Proof = (typeof proofs)[number];
export const coveringProofs: readonly Proof[] = ['dns', 'parent'];

/** RFC 2606 and RFC 6761: names that nobody can own. */
const unownableSuffixes = ['test', 'example', 'invalid', 'localhost', 'example.com', 'example.net', 'example.org'];
export const isUnownable = (hostname: string): boolean =>
  unownableSuffixes.some((suffix) => hostname === suffix || hostname.endsWith(`.${suffix}`));

/** `a.b.example.org`: `b.example.org`, `example.org`. A top-level domain is nobody's to prove. */
export function parentsOf(hostname: string): readonly string[] {
  const labels = hostname.split('.');
  return labels.slice(1, -1).map((_, index) => labels.slice(index + 1).join('.'));
}

/** So many of its parents are asked, the outermost ones: a name is free to have a hundred. */
const mostParents = 6;

/** Where a proof may stand, the host name's own place first. A place that would be no DNS name is left out. */
export const placesOf = (hostname: string): readonly string[] =>
  [hostname, ...parentsOf(hostname).slice(-mostParents)].filter((name) => challengeName(name).length <= 253);

export const challengeName = (hostname: string): string => `_slipway-challenge.${hostname}`;
export const challengeValue = (token: string): string => `slipway-domain-verification=${token}`;

/** The same for the same tenant and host name whenever it is asked: what was published once still proves. */
export const tokenOf = (seed: string, hostname: string): string =>
  createHmac('sha256', Buffer.from(seed, 'base64url')).update(hostname).digest('base64url').slice(0, 32);

/** What the DNS said of the TXT records of one name. */
export type TxtAnswer =
  | { readonly found: readonly string[] }
  | { readonly failed: 'no-name' | 'no-record' | 'timeout' | 'server-failure' | 'refused' };

export interface Verdict {
  readonly isProven: boolean;
  /** For people: what was found. */
  readonly message: string;
}

const mostShown = 3;
const longestShown = 80;

/** Decides by what was found at each place, the host name's own first. */
export function judge(
  seed: string,
  hostname: string,
  answers: readonly { readonly place: string; readonly answer: TxtAnswer }[],
): Verdict {
  for (const { place, answer } of answers) {
    const accepted = [challengeValue(tokenOf(seed, place)), challengeValue(tokenOf(seed, hostname))];
    if ('found' in answer && answer.found.some((text) => accepted.includes(text.trim())))
      return { isProven: true, message: `The TXT record was found at ${challengeName(place)}.` };
  }
  const [own] = answers;
  const wrong = answers.find(({ answer }) => 'found' in answer);
  const failed = answers.find(({ answer }) => 'failed' in answer && isTrouble(answer.failed));
  const telling = wrong ?? failed ?? own;
  return { isProven: false, message: telling ? describe(telling.place, telling.answer) : 'There is no place to look.' };
}

const isTrouble = (failure: string): boolean => ['timeout', 'server-failure', 'refused'].includes(failure);

function describe(place: string, answer: TxtAnswer): string {
  const name = challengeName(place);
  if ('found' in answer) return describeWrong(name, answer.found);
  switch (answer.failed) {
    case 'no-name':
      return `The DNS has no name ${name} (NXDOMAIN): publish the TXT record, or wait until it is known everywhere.`;
    case 'no-record':
      return `${name} is there, but has no TXT record.`;
    case 'timeout':
      return `The DNS servers gave no answer for ${name} in time: it is tried again.`;
    case 'server-failure':
      return `The DNS servers answered SERVFAIL for ${name}: the zone's own servers cannot be reached, or its signatures are wrong.`;
    case 'refused':
      return `The DNS servers refused to answer for ${name}, or what they answered could not be read.`;
    default:
      return answer.failed satisfies never;
  }
}

function describeWrong(name: string, found: readonly string[]): string {
  const shown = found.slice(0, mostShown).map((text) => `"${toLine(text)}"`);
  const more = found.length > mostShown ? ` and ${found.length - mostShown} more` : '';
  const records = found.length === 1 ? 'a TXT record, but not the one' : `${found.length} TXT records, but not the one`;
  return `${name} has ${records} that is asked for: ${shown.join(', ')}${more}.`;
}

/** What strangers wrote into the DNS, as a line that people can read. */
const toLine = (text: string): string =>
  `${text.slice(0, longestShown).replace(/[^\x20-\x7e]/g, '?')}${text.length > longestShown ? '…' : ''}`;

const minute = 60_000;
const longestPause = 60 * minute;
/** So long the platform looks by itself. */
const patience = 14 * 24 * 60 * minute;

/** When to look again: after 1, 2, 4, … minutes, never more than an hour, for 14 days; null: not by itself any more. */
export function planNextCheck(now: Date, askedAt: Date, checkCount: number): Date | null {
  const pause = Math.min(longestPause, minute * 2 ** Math.min(checkCount, 10));
  const next = new Date(now.getTime() + pause);
  return next.getTime() > askedAt.getTime() + patience ? null : next;
}
