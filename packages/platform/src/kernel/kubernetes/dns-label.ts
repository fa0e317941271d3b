import { createHash } from 'node:crypto';

/** More characters have no place in a label of the DNS, nor in a name of Kubernetes' that is one. */
const longest = 63;

/** `{text}-{suffix}`, the text cut where the whole would be too long. */
export const joinLabel = (text: string, suffix: string): string =>
  `${text.slice(0, longest - suffix.length - 1)}-${suffix}`;

/** `text` where it is a DNS label; over 63 characters its first 54, a dash and 8 of its hash. */
export const toLabel = (text: string): string => (text.length <= longest ? text : joinLabel(text, shortHash(text)));

/** 8 characters that another text is most unlikely to have. */
export const shortHash = (text: string): string => createHash('sha256').update(text).digest('hex').slice(0, 8);
