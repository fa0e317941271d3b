import { Injectable } from '@nestjs/common';
import { AuditService } from '../audit/audit.service.js';
import { noteAccessChange } from '../kernel/access/access.js';
import type { Transaction } from '../kernel/database/index.js';
import { EventLog } from '../kernel/events/event-log.js';
import type { Caller } from '../kernel/tenancy/caller.js';
import type { Place } from './access.rules.js';

/** A place with the names that the audit log and the events tell. */
export interface NamedPlace extends Place {
  readonly tenant: { readonly id: string; readonly name: string } | null;
  readonly project: string | null;
}

/** Writes what was changed of a membership into the audit log and the events, and has every process read it anew. */
@Injectable()
export class MemberRecords {
  constructor(
    private readonly audit: AuditService,
    private readonly events: EventLog,
  ) {}

  async write(
    tx: Transaction,
    caller: Caller,
    place: NamedPlace,
    verb: 'create' | 'update' | 'delete',
    name: string,
    change: { before?: object; after?: object },
  ): Promise<void> {
    await noteAccessChange(tx);
    const { tenant, project } = place;
    const within = `${project === null ? '' : `projects/${project}/`}members/${name}`;
    const resource = tenant === null ? `platform-members/${name}` : `tenants/${tenant.name}/${within}`;
    const projectId = place.projectId ?? undefined;
    await this.audit.record(tx, caller, {
      action: `member.${verb}`,
      resource,
      ...(tenant && { tenant }),
      ...(projectId && { projectId }),
      ...change,
    });
    if (tenant) {
      await this.events.record(tx, { tenantId: tenant.id, projectId, type: `member.${verb}d`, resource: within });
    }
  }
}
