import { Injectable } from '@nestjs/common';
import {
  type ApplicationScope,
  eventIds,
  eventPathOf,
  type PlacementScope,
  pathOf,
} from '../applications/application-scopes.service.js';
import { AuditService } from '../audit/audit.service.js';
import type { Prisma, RolloutModel, Transaction } from '../kernel/database/index.js';
import { EventLog } from '../kernel/events/event-log.js';
import type { Caller } from '../kernel/tenancy/caller.js';
import { waitsForApproval } from './approval.rules.js';
import { isInLane } from './lane.rules.js';
import { type FreezeConsent, RolloutGate } from './rollout-gate.service.js';
import {
  type PendingCommand,
  readApproval,
  readCommands,
  readRollout,
  readStrategy,
  toApprovalColumn,
} from './rollouts.codec.js';
import { isFinal, type RolloutState } from './rollouts.rules.js';
import { RolloutsService } from './rollouts.service.js';
import { hasTwoSlots, type Strategy } from './strategy.rules.js';

export type { Lane } from './lane.rules.js';
export type { FreezeConsent } from './rollout-gate.service.js';
export { overrideFreezeSchema } from './rollouts.dto.js';
export { hasTwoSlots, readStrategy, type Strategy };

/** How far a rollout is, for what drives several. */
export interface RolloutProgress {
  readonly state: RolloutState;
  readonly isInLane: boolean;
  /** It goes on when somebody says so, not by itself. */
  readonly waits: boolean;
  readonly message: string | null;
}

/** Has rollouts go on or back in the transaction of what drives them. */
@Injectable()
export class RolloutSteering {
  constructor(
    private readonly rollouts: RolloutsService,
    private readonly gate: RolloutGate,
    private readonly audit: AuditService,
    private readonly events: EventLog,
  ) {}

  /** By one step. Throws 409 `rollout-frozen` where a freeze is on that was not consented to. */
  async promoteIn(
    tx: Transaction,
    caller: Caller,
    scope: PlacementScope,
    id: string,
    consent?: FreezeConsent,
  ): Promise<void> {
    const row = await lock(tx, id);
    if (isFinal(readRollout(row)) || row.abortRequestedAt) return;
    const isFrozen = row.freezeOverride === null && (await this.gate.requireThawed(tx, scope, consent));
    await this.writeCommand(tx, caller, scope, row, 'promote', isFrozen ? consent?.reason : undefined);
  }

  /** What is over stays as it is. */
  async abortIn(tx: Transaction, caller: Caller, scope: PlacementScope, id: string, reason: string): Promise<void> {
    const withdrawn = await this.withdraw(tx, caller, id);
    const row = await lock(tx, id);
    if (isFinal(readRollout(row)) || row.abortRequestedAt) return;
    await this.writeAbort(tx, caller, scope, id, { ...withdrawn, abortReason: reason });
  }

  /** Where somebody is still to consent, nobody needs to any more. Before the rollout is locked: who decides locks the request first. */
  async withdraw(
    tx: Transaction,
    caller: Caller,
    id: string,
  ): Promise<Pick<Prisma.RolloutUncheckedUpdateInput, 'approval'>> {
    const asked = readApproval(await tx.rollout.findUniqueOrThrow({ where: { id } }));
    if (!asked || !waitsForApproval(asked)) return {};
    return { approval: toApprovalColumn(await this.gate.withdraw(tx, caller, asked, 'Aborted.')) };
  }

  /** What is under way is written anew with the settings of now. False where it has not begun, goes back or is over. */
  async takeUpSettings(tx: Transaction, caller: Caller, id: string): Promise<boolean> {
    const row = await lock(tx, id);
    const isMoving = row.state !== 'pending' && !isFinal(readRollout(row)) && !row.isRestoring && !row.abortRequestedAt;
    if (!isMoving) return false;
    const data = { commands: withCommand(row, caller, 'settings'), version: { increment: 1 } };
    await tx.rollout.update({ where: { id }, data });
    await this.rollouts.wake(tx, id);
    return true;
  }

  /** A worker does it next. The caller holds the row's lock. */
  async writeCommand(
    tx: Transaction,
    caller: Caller,
    scope: ApplicationScope,
    row: RolloutModel,
    command: PendingCommand['command'],
    overrideFreeze?: string,
  ): Promise<void> {
    const data = {
      commands: withCommand(row, caller, command),
      freezeOverride: overrideFreeze,
      version: { increment: 1 },
    };
    await tx.rollout.update({ where: { id: row.id }, data });
    const after = overrideFreeze === undefined ? undefined : { overrideFreeze };
    await this.note(tx, caller, scope, row.id, command, after);
  }

  /** A worker takes it back next. The caller holds the row's lock. */
  async writeAbort(
    tx: Transaction,
    caller: Caller,
    scope: ApplicationScope,
    id: string,
    more: Pick<Prisma.RolloutUncheckedUpdateInput, 'abortReason' | 'approval'>,
  ): Promise<void> {
    const data = {
      abortRequestedAt: new Date(),
      abortRequestedBy: caller.actor.username,
      // What was asked before and no worker has done yet: the way back goes first.
      commands: [],
      version: { increment: 1 },
    };
    await tx.rollout.update({ where: { id }, data: { ...data, ...more } });
    await this.note(tx, caller, scope, id, 'abort');
  }

  private async note(
    tx: Transaction,
    caller: Caller,
    scope: ApplicationScope,
    id: string,
    verb: string,
    after?: object,
  ): Promise<void> {
    await this.rollouts.wake(tx, id);
    const resource = `rollouts/${id}`;
    await this.audit.record(tx, caller, {
      action: `rollout.${verb}`,
      resource: `${pathOf(scope)}/${resource}`,
      tenant: scope.tenant,
      after,
    });
    const event = { type: 'rollout.updated', resource: `${eventPathOf(scope)}/${resource}` };
    await this.events.record(tx, { ...eventIds(scope), ...event });
  }
}

const withCommand = (row: RolloutModel, caller: Caller, command: PendingCommand['command']) =>
  [...readCommands(row), { command, by: caller.actor.username }].map((each) => ({ ...each }));

/** Does it have the rollout go on, so that a freeze holds it? */
export const isPromotion = (command: PendingCommand['command']): boolean =>
  command === 'promote' || command === 'promote-full';

/** What was asked of it and no worker has done yet counts as done: it is not asked twice. */
export function progressOf(row: RolloutModel): RolloutProgress {
  const rollout = readRollout(row);
  const isAsked = readCommands(row).some(({ command }) => isPromotion(command));
  const isGoingOn = !isFinal(rollout) && (isAsked || row.abortRequestedAt !== null || rollout.restoring);
  const running = rollout.steps.find(({ state }) => state === 'running');
  const doing = running && [running.name, running.message].filter(Boolean).join(': ');
  const waiting = waitsForApproval(readApproval(row)) ? 'Waits for an approval.' : null;
  return {
    state: isGoingOn ? 'progressing' : rollout.state,
    isInLane: !isGoingOn && isInLane(rollout),
    waits: !isGoingOn && rollout.state === 'paused' && rollout.pausedUntil === null,
    message: isFinal(rollout) ? rollout.error : (waiting ?? doing ?? null),
  };
}

async function lock(tx: Transaction, id: string): Promise<RolloutModel> {
  await tx.$queryRaw`SELECT 1 FROM rollouts WHERE id = ${id}::uuid FOR UPDATE`;
  return tx.rollout.findUniqueOrThrow({ where: { id } });
}
