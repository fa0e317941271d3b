import { SetMetadata } from '@nestjs/common';
import type { z } from 'zod';
import type { Transaction } from '../kernel/database/index.js';
import type { Caller, TenantScope } from '../kernel/tenancy/caller.js';
import type { RequestKind } from './requests.rules.js';

/** A line of what would change, as an approver reads it: `{ path: 'cpu', before: '4', after: '8' }`. */
export interface RequestChange {
  readonly path: string;
  readonly before: string | null;
  readonly after: string | null;
}

/** A request whose effect is to be made or unmade. */
export interface DecidedRequest<T extends object> {
  readonly id: string;
  readonly tenantId: string | null;
  readonly projectId: string | null;
  readonly subject: string;
  readonly payload: T;
  readonly reason: string;
  /** Who asked: a user's or a robot's id. */
  readonly requesterId: string | null;
  readonly requester: string;
  /** When the grant runs out by itself; null: never. */
  readonly endsAt: Date | null;
}

/** Where a request that came through `POST /requests` belongs. */
export interface RequestPlace<T extends object> {
  /** Null: of the platform, or of a tenant that the asker may not know of (then nobody is told whether it exists). */
  readonly tenant: Pick<TenantScope, 'id' | 'name'> | null;
  readonly projectId?: string;
  readonly environmentKind?: string;
  /** With the kind and the asker, the key of the grant. */
  readonly subject: string;
  readonly payload: T;
  /** `unknown`: the asker is answered as usual, and nobody else hears of it. */
  readonly isUnknown?: boolean;
}

/** What a kind of request means. Mark the provider with `@Decides(kind)` and put it into a module of the feature. */
export interface RequestHandler<T extends object> {
  readonly payload: z.ZodType<T>;
  /** Who decides where no policy says otherwise: the holders of `requests:approve` of the platform or of the tenant. */
  readonly decidedBy: 'platform' | 'tenant';
  /**
   * What is granted can end. With `default`, it always does; without, only where the asker says so. A kind without this is
   * granted for ever and never by break-glass.
   */
  readonly grantSeconds?: { readonly max: number; readonly default?: number };
  describe(payload: T): { title: string; changes: readonly RequestChange[] };
  /** Lets a caller of `POST /requests` ask, or throws. A kind without it is asked for by routes of its own feature. */
  place?(caller: Caller, payload: T): Promise<RequestPlace<T>>;
  /** In the transaction that writes the request down: takes a lock and refuses what cannot be asked for twice. */
  claim?(tx: Transaction, payload: T): Promise<void>;
  /** In the transaction of the last approval: rows and outbox only. Throw an error of the catalogue to refuse the approval. */
  granted(tx: Transaction, request: DecidedRequest<T>, caller: Caller): Promise<void>;
  /** It will not be granted: rejected, withdrawn, or undecided for too long. In the transaction that says so. */
  refused?(tx: Transaction, request: DecidedRequest<T>, caller: Caller, state: RefusedState): Promise<void>;
  /** A grant has run out, or was taken back. Of kinds that `findGrant` answers for nothing needs to be done. */
  ended?(tx: Transaction, request: DecidedRequest<T>, caller: Caller): Promise<void>;
}

export type RefusedState = 'rejected' | 'withdrawn' | 'expired';

export const decidesKey = Symbol('decides');

/** Marks a provider as the handler of a kind of request. */
export const Decides = (kind: RequestKind) => SetMetadata(decidesKey, kind);
