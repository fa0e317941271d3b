import { fn, type Overload, text } from '../overload.js';

/** For mutations only: a key as one step of a JSON pointer. */
export const jsonPatchFunctions: readonly Overload[] = [
  fn('jsonpatch.escapeKey(string): string', (a) => text(a).replaceAll('~', '~0').replaceAll('/', '~1')),
];
