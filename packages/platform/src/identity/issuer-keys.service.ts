import { createPublicKey, type KeyObject } from 'node:crypto';
import { Inject, Injectable } from '@nestjs/common';
import { z } from 'zod';
import { Clock } from '../kernel/clock/clock.js';
import { CONFIG, type Configuration } from '../kernel/config/config.js';
import { fail } from './identity.errors.js';
import { readIssuerKey } from './issuer/issuer-key.js';

const answerMilliseconds = 3_000;
/** A key that is not known is asked for at most so often: a rotated one is taken up within a second. */
const askEveryMilliseconds = 1_000;
const retryAfterSeconds = 5;

const jwkSchema = z.object({ kty: z.literal('RSA'), kid: z.string(), n: z.string(), e: z.string() });
const jwksSchema = z.object({ keys: z.array(z.unknown()) });

/** The public keys by which the issuer signs: its own of the built-in one, those of an outside one as it publishes them. */
@Injectable()
export class IssuerKeys {
  private known = new Map<string, KeyObject>();
  private own: KeyObject | undefined;
  private askedAt = Number.NEGATIVE_INFINITY;
  private asking: Promise<void> | undefined;
  /** Why the last asking failed; undefined after one that did not. */
  private trouble: unknown;

  constructor(
    private readonly clock: Clock,
    @Inject(CONFIG) private readonly config: Configuration,
  ) {}

  /**
   * The key of this id; undefined when the issuer has none. Throws 503 `issuer-unavailable` where it cannot be told because the
   * issuer does not answer: keys that were read before are good meanwhile.
   */
  async find(kid: string): Promise<KeyObject | undefined> {
    if (this.config.isIssuerBuiltIn) {
      this.own ??= toKey(readIssuerKey(this.config));
      return this.own;
    }
    const key = this.known.get(kid);
    if (key) return key;
    const isDue = this.clock.now().getTime() - this.askedAt >= askEveryMilliseconds;
    if (isDue) {
      this.asking ??= this.ask().finally(() => {
        this.asking = undefined;
      });
    }
    await this.asking;
    const found = this.known.get(kid);
    if (!found && this.trouble) throw fail('issuer-unavailable', { retryAfterSeconds, cause: this.trouble });
    return found;
  }

  private async ask(): Promise<void> {
    this.askedAt = this.clock.now().getTime();
    try {
      const url = `${this.config.issuerUrl}/protocol/openid-connect/certs`;
      const answer = await fetch(url, { signal: AbortSignal.timeout(answerMilliseconds), redirect: 'error' });
      if (!answer.ok) throw new Error(`${url} answered ${answer.status}`);
      const { keys } = jwksSchema.parse(await answer.json());
      // Keys of other kinds (for encryption, other curves) are none that we take.
      const usable = keys.flatMap((key) => jwkSchema.safeParse(key).data ?? []);
      this.known = new Map(usable.map((key) => [key.kid, toKey(key)]));
      this.trouble = undefined;
    } catch (error) {
      this.trouble = error;
    }
  }
}

function toKey({ kty, n, e }: { kty: 'RSA'; n: string; e: string }): KeyObject {
  return createPublicKey({ key: { kty, n, e }, format: 'jwk' });
}
