import { Injectable } from '@nestjs/common';
import { addressOf } from '../kernel/access/authenticator.js';
import { Clock } from '../kernel/clock/clock.js';
import { Database } from '../kernel/database/index.js';
import { type Request, stateOf } from '../kernel/http/route.js';
import { Log } from '../kernel/log/log.js';
import type { Actor } from '../kernel/tenancy/caller.js';
import { type AuditCaller, type AuditEntry, AuditService } from './audit.service.js';
import { RefusalSampler } from './refusal-sampler.js';

type DoorEntry = Omit<AuditEntry, 'tenant' | 'projectId'>;

/** An application, as a git address or an image's name says it. */
export interface NamedApplication {
  readonly tenant: string;
  readonly project: string;
  readonly application: string;
}

/** What is noted of the doors for git and images: what was done there, and what was refused to somebody who is known. */
@Injectable()
export class AuditDoors {
  private readonly sampler: RefusalSampler;

  constructor(
    private readonly database: Database,
    private readonly audit: AuditService,
    private readonly log: Log,
    clock: Clock,
  ) {
    this.sampler = new RefusalSampler(() => clock.now().getTime());
  }

  /** Who acts at a door, for its rows. */
  callerOf(request: Request, actor: Pick<Actor, 'id' | 'username'> & { readonly sessionId?: string }): AuditCaller {
    const { requestId } = stateOf(request);
    const userAgent = request.headers['user-agent']?.slice(0, 300);
    return { actor, requestId, source: addressOf(request), userAgent, sessionId: actor.sessionId };
  }

  /** What was done stands, whether or not it can be written down: a failure is logged. */
  async note(caller: AuditCaller, place: NamedApplication, entry: DoorEntry): Promise<void> {
    await this.write(caller, place, () => entry);
  }

  /** Nothing is noted of an application that is not there, nor more than twenty refusals of one actor in a minute. */
  async refuse(caller: AuditCaller, place: NamedApplication, resource: string, what: object): Promise<void> {
    await this.write(caller, place, () => {
      const sample = this.sampler.take(caller.actor.id ?? caller.actor.username);
      const after = { ...what, ...((sample?.unrecorded ?? 0) > 0 && sample) };
      return sample && { action: 'access.deny', outcome: 'denied', resource, after };
    });
  }

  private async write(
    caller: AuditCaller,
    { tenant, project, application }: NamedApplication,
    toEntry: () => DoorEntry | undefined,
  ): Promise<void> {
    try {
      const row = await this.database.read.application.findFirst({
        where: { name: application, project: { name: project, tenant: { name: tenant } } },
        select: { tenantId: true, projectId: true },
      });
      const entry = row && toEntry();
      if (!entry) return;
      const { tenantId, projectId } = row;
      await this.audit.note(caller, { ...entry, tenant: { id: tenantId, name: tenant }, projectId });
    } catch (error) {
      this.log.warn('What was done at a door could not be noted in the audit log', { error });
    }
  }
}
