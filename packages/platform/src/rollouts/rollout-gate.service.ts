import { Injectable } from '@nestjs/common';
import {
  type ApplicationScope,
  eventPathOf,
  type PlacementScope,
  pathOf,
} from '../applications/application-scopes.service.js';
import { type FreezeInForce, FreezesService } from '../freezes/freezes.service.js';
import { Clock } from '../kernel/clock/clock.js';
import type {
  EnvironmentModel,
  Prisma,
  Reader,
  ReleaseModel,
  RolloutModel,
  Transaction,
} from '../kernel/database/index.js';
import { type Caller, createUserActor } from '../kernel/tenancy/caller.js';
import { RequestsService } from '../requests/requests.service.js';
import { type Approval, decideApproval } from './approval.rules.js';
import type { ReleaseRequest } from './release-requests.dto.js';
import { fail } from './rollouts.errors.js';

/** Why a rollout is begun: something new, the return to what stood there, or a setting of what stands there. */
export type Cause = 'deploy' | 'rollback' | 'settings';

export interface GateOptions {
  readonly cause?: Cause;
  /** Why it shall begin in spite of a freeze. */
  readonly overrideFreeze?: string;
  /** Instead of what the caller may: what somebody who may has consented to before. */
  readonly consent?: FreezeConsent;
}

/** Somebody has had things go on in spite of freezes of the tenant, or of the platform too. */
export interface FreezeConsent {
  readonly reason: string;
  readonly isOfPlatform: boolean;
}

/** What was found before a rollout is written down. */
export interface Examined {
  /** Why it goes on in spite of a freeze, where who began it may say so. */
  readonly freezeOverride: string | null;
  readonly ask: { readonly freeze: string | null; readonly reason: string } | null;
}

/** An application in an environment, where it may never have been. */
type Place = ApplicationScope & { readonly environment: EnvironmentModel };

/** What a rollout must pass before it begins: freezes, and those who must consent. */
@Injectable()
export class RolloutGate {
  constructor(
    private readonly freezes: FreezesService,
    private readonly requests: RequestsService,
    private readonly clock: Clock,
  ) {}

  /** Throws 409 `rollout-frozen` where a freeze is on that nobody has overridden. */
  async examine(
    tx: Transaction,
    caller: Caller,
    scope: PlacementScope,
    release: ReleaseModel,
    { cause = 'deploy', consent, overrideFreeze = consent?.reason }: GateOptions,
  ): Promise<Examined> {
    if (cause === 'settings') return { freezeOverride: null, ask: null };
    const isReturn = cause === 'rollback' && (await stoodHere(tx, scope, release.id));
    const freeze = await this.freezes.findInForce(tx, placeOf(scope), isReturn ? 'rollback' : 'deploy');
    if (freeze && overrideFreeze === undefined) throw frozen(freeze);
    const mayOverride =
      freeze &&
      (consent
        ? includes(consent, freeze)
        : await this.freezes.mayOverride(caller, scope.project.id, freeze.isOfPlatform));
    if (freeze?.isOfPlatform && !mayOverride) throw frozen(freeze);
    const freezeOverride = mayOverride ? (overrideFreeze ?? null) : null;
    const reason = overrideFreeze ?? `Release ${release.number} is to run in ${scope.environment.name}.`;
    if (freeze && !mayOverride) return { freezeOverride, ask: { freeze: freeze.name, reason } };
    const isRuled = !isReturn && (await this.needsApproval(tx, scope, release));
    return { freezeOverride, ask: isRuled ? { freeze: null, reason } : null };
  }

  /** Asks those who must consent. Null where they need not: then the rollout begins. */
  async ask(
    tx: Transaction,
    caller: Caller,
    scope: PlacementScope,
    release: ReleaseModel,
    rollout: RolloutModel,
    { ask }: Examined,
  ): Promise<Approval | null> {
    if (!ask) return null;
    const payload = toPayload(scope, release, rollout.id, ask.freeze);
    const asker = await askerOf(tx, caller);
    const request = { ...toRequest(scope, payload), reason: ask.reason };
    const { id, state } = await this.requests.ask(tx, asker, request);
    if (state === 'approved') return null;
    return { request: id, state, by: null, askedAt: this.clock.now().toISOString(), decidedAt: null };
  }

  /**
   * Throws 409 `rollout-frozen` where the next step of a rollout, or its beginning, would be in a freeze that was not
   * consented to. True where it is in one.
   */
  async requireThawed(tx: Transaction, scope: PlacementScope, consent?: FreezeConsent): Promise<boolean> {
    const freeze = await this.findFreeze(tx, scope);
    if (freeze && !(consent && includes(consent, freeze))) throw frozen(freeze);
    return freeze !== undefined;
  }

  /** Throws 409 where a freeze is on and the caller may not go on nevertheless, or gives no reason. True where one is on. */
  async requireOverride(tx: Transaction, caller: Caller, scope: PlacementScope, reason?: string): Promise<boolean> {
    const freeze = await this.findFreeze(tx, scope);
    if (!freeze) return false;
    const may = await this.freezes.mayOverride(caller, scope.project.id, freeze.isOfPlatform);
    if (reason === undefined || !may) throw frozen(freeze);
    return true;
  }

  /** Whether a policy has somebody consent before this is rolled out here. */
  needsApproval(reader: Reader, scope: Place, release: ReleaseModel): Promise<boolean> {
    return this.requests.isRuled(reader, toRequest(scope, toPayload(scope, release, '', null)));
  }

  /** Nobody needs to decide any more. Lock the request before the rollout: whoever decides does so too. */
  async withdraw(tx: Transaction, caller: Caller, approval: Approval, why: string): Promise<Approval> {
    await this.requests.cancel(tx, caller, approval.request, why);
    return decideApproval(approval, 'withdrawn', caller.actor.username, this.clock.now());
  }

  /** A freeze that has begun since a rollout was asked for; a setting of what stands there is let be. */
  async findFreezeAtStart(
    reader: Reader,
    scope: PlacementScope,
    releaseId: string,
  ): Promise<FreezeInForce | undefined> {
    if (scope.placement.releaseId === releaseId) return undefined;
    const isReturn = await stoodHere(reader, scope, releaseId);
    return this.freezes.findInForce(reader, placeOf(scope), isReturn ? 'rollback' : 'deploy');
  }

  findFreeze(reader: Reader, scope: Place): Promise<FreezeInForce | undefined> {
    return this.freezes.findInForce(reader, placeOf(scope), 'deploy');
  }
}

/** `weekends until 2026-11-23T05:00:00.000Z: Nobody is there.` */
export const describeFreeze = ({ name, until, reason }: FreezeInForce): string =>
  `Freeze ${name} until ${until.toISOString()}: ${reason}`;

const includes = (consent: FreezeConsent, freeze: FreezeInForce): boolean =>
  consent.isOfPlatform || !freeze.isOfPlatform;

const frozen = (freeze: FreezeInForce) =>
  fail('rollout-frozen', `${describeFreeze(freeze)}${freeze.isOfPlatform ? ' It is the platform’s.' : ''}`);

const placeOf = ({ tenant, project, environment, application }: Place) => ({
  tenantId: tenant.id,
  project: project.name,
  environmentKind: environment.kind,
  application: application.name,
});

const toPayload = (scope: Place, release: ReleaseModel, rollout: string, freeze: string | null): ReleaseRequest => ({
  tenant: scope.tenant.name,
  project: scope.project.name,
  application: scope.application.name,
  environment: scope.environment.name,
  release: release.number,
  rollout,
  freeze,
});

const toRequest = (scope: Place, payload: ReleaseRequest) => ({
  kind: 'release' as const,
  tenant: scope.tenant,
  projectId: scope.project.id,
  environmentKind: scope.environment.kind,
  subject: `${pathOf(scope)}/rollouts/${payload.rollout}`,
  payload,
});

/** Has the release been healthy in this place? What never stood there is no way back. */
async function stoodHere(reader: Reader, scope: PlacementScope, releaseId: string): Promise<boolean> {
  const place = { applicationId: scope.application.id, environmentId: scope.environment.id };
  return (await reader.rollout.count({ where: { ...place, releaseId, state: 'healthy' } })) > 0;
}

/** A build's rollout is asked for by whoever began the build: he cannot approve it himself. */
async function askerOf(tx: Transaction, caller: Caller): Promise<Caller> {
  if (caller.actor.kind !== 'system') return caller;
  const user = await tx.user.findUnique({
    where: { username: caller.actor.username },
    select: { id: true, username: true },
  });
  return user ? { ...caller, actor: createUserActor({ ...user, platformRoles: [] }) } : caller;
}

/** Where a quota's queue knows the rollout. */
export const waitSubjectOf = (scope: PlacementScope, rolloutId: string): Prisma.QuotaWaitWhereInput => ({
  tenantId: scope.tenant.id,
  subject: `${eventPathOf(scope)}/rollouts/${rolloutId}`,
  state: 'waiting',
});
