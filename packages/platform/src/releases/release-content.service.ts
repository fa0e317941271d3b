/** What other features ask of a release's content; pure, so that nothing needs to be injected. */
import type { ReleaseContent } from './releases.rules.js';

export { contentHash, type ReleaseContent } from './releases.rules.js';

/** The column of JSON holds what `releases.service` wrote. */
export const readContent = (value: unknown): ReleaseContent => value as ReleaseContent;
