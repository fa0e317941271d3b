import type { BlockList } from 'node:net';
import { type BeforeApplicationShutdown, Injectable } from '@nestjs/common';
import { noteAccessChange } from '../kernel/access/access.js';
import { anySignal } from '../kernel/clock/any-signal.js';
import { Clock } from '../kernel/clock/clock.js';
import { Database, type Transaction } from '../kernel/database/index.js';
import type { Narrowing, RobotActor } from '../kernel/tenancy/caller.js';

/** A credential that was found good, with all that is asked of it at each use. */
export interface Credential {
  readonly kind: 'access' | 'personal' | 'login' | 'kube' | 'impersonation' | 'robot';
  /** The token's, robot's or session's id; null for an access token that belongs to no session. */
  readonly id: string | null;
  readonly bearer: RobotActor | ({ readonly kind: 'user'; readonly id: string; readonly username: string } & Narrowing);
  readonly addresses: BlockList | undefined;
  readonly expiresAt: Date | null;
  /** When the last use was written down. */
  notedAt: Date | null;
}

const channel = 'slipway_access';
const keepMilliseconds = 30_000;
const capacity = 10_000;

/**
 * Remembers for half a minute which tokens are good. Everything is forgotten at each notice on `slipway_access`, which whoever
 * takes a right away sends in the transaction that does it; while the notices cannot be heard, nothing is remembered.
 */
@Injectable()
export class CredentialCache implements BeforeApplicationShutdown {
  private readonly kept = new Map<string, { credential: Credential; until: number }>();
  private readonly stopping = new AbortController();
  private listening: Promise<void> | undefined;
  private isHearing = false;
  private generation = 0;

  constructor(
    private readonly database: Database,
    private readonly clock: Clock,
  ) {}

  async beforeApplicationShutdown(): Promise<void> {
    this.stopping.abort();
    await this.listening;
  }

  /** What is kept under the token's hash, or what `load` finds; what was taken away while it was loading is not kept. */
  async get(hash: string, load: () => Promise<Credential | undefined>): Promise<Credential | undefined> {
    this.listening ??= this.listen();
    const now = this.clock.now().getTime();
    const known = this.kept.get(hash);
    if (known && known.until > now) return known.credential;
    const { generation } = this;
    const credential = await load();
    if (!credential) return undefined;
    if (this.isHearing && generation === this.generation) {
      const first = this.kept.size >= capacity ? this.kept.keys().next().value : undefined;
      if (first !== undefined) this.kept.delete(first);
      this.kept.set(hash, { credential, until: now + keepMilliseconds });
    }
    return credential;
  }

  /** A transaction that takes something away: when it is done, no process believes a credential that it has not seen anew. */
  async change<T>(work: (tx: Transaction) => Promise<T>): Promise<T> {
    return this.database.transaction(async (tx) => {
      const value = await work(tx);
      await noteAccessChange(tx);
      return value;
    });
  }

  private forget(): void {
    this.generation++;
    this.kept.clear();
  }

  private async listen(): Promise<void> {
    const { signal } = this.stopping;
    while (!signal.aborted) {
      try {
        const lost = new AbortController();
        const end = await this.database.listen(
          channel,
          () => this.forget(),
          () => lost.abort(),
        );
        this.isHearing = true;
        await this.clock.sleep(2 ** 30, anySignal([signal, lost.signal]));
        this.isHearing = false;
        this.forget();
        await end().catch(() => undefined);
      } catch {
        this.isHearing = false;
        this.forget();
        await this.clock.sleep(2_000, signal);
      }
    }
  }
}
