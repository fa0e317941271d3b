import { BoundedMap } from '../kernel/access/bounded-map.js';
import { OnceEach } from '../kernel/access/once-each.js';

const hourMilliseconds = 3_600_000;
const mostKept = 50_000;

interface Pull {
  readonly actor: string;
  readonly repository: string;
  readonly digest: string;
  /** Set where it was asked for by a tag. */
  readonly tag: string | undefined;
}

/**
 * A node that is started anew fetches the same images again and again: of each actor, repository and digest one pull an hour is
 * noted, by each process. Clients ask for the digest of a tag (HEAD) before they fetch by the digest: the tag is remembered.
 */
export class PullSampler {
  private readonly noted: OnceEach;
  private readonly tags = new BoundedMap<string>(mostKept);

  /** `now` in milliseconds. */
  constructor(now: () => number) {
    this.noted = new OnceEach(hourMilliseconds, mostKept, now);
  }

  /** A tag was resolved, and nothing fetched yet. */
  resolve({ tag, ...pull }: Pull): void {
    if (tag !== undefined) this.tags.set(keyOf(pull), tag);
  }

  /** A manifest was fetched: what to note of it; undefined where that was done within the hour. */
  take({ tag, ...pull }: Pull): { readonly digest: string; readonly tag?: string } | undefined {
    const key = keyOf(pull);
    if (!this.noted.take(key)) return undefined;
    const known = tag ?? this.tags.get(key);
    return { digest: pull.digest, ...(known !== undefined && { tag: known }) };
  }
}

const keyOf = ({ actor, repository, digest }: Omit<Pull, 'tag'>): string => `${actor} ${repository} ${digest}`;
