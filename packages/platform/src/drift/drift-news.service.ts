import { Injectable } from '@nestjs/common';
import { eventIds, eventPathOf, type PlacementScope, pathOf } from '../applications/application-scopes.service.js';
import { AuditService } from '../audit/audit.service.js';
import type { Transaction } from '../kernel/database/index.js';
import { EventLog } from '../kernel/events/event-log.js';
import { newId } from '../kernel/ids/ids.js';
import { systemCaller } from '../kernel/tenancy/caller.js';
import { NotificationsService } from '../notifications/notifications.service.js';
import { type Finding, isOpen, showPath } from './drift.rules.js';

const mostNamed = 5;

/** Tells those who watch a place, and its project's owners, what was found and what was put back. */
@Injectable()
export class DriftNews {
  constructor(
    private readonly audit: AuditService,
    private readonly events: EventLog,
    private readonly notifications: NotificationsService,
  ) {}

  /** `fresh`: what nobody has heard of yet. */
  async tellFound(
    tx: Transaction,
    scope: PlacementScope,
    findings: readonly Finding[],
    fresh: readonly Finding[],
  ): Promise<void> {
    await this.record(tx, scope, {
      open: findings.filter(isOpen).length,
      found: fresh.map(describe).slice(0, mostNamed),
    });
    const [first] = fresh;
    if (!first) return;
    const { tenant, project, environment, application, placement } = scope;
    const link = `/t/${tenant.name}/p/${project.name}/e/${environment.name}/a/${application.name}/drift`;
    const about = { tenantId: tenant.id, projectId: project.id, except: '' };
    await this.notifications.tell(tx, await this.notifications.listOwners(tx, about), {
      type: 'drift-found',
      key: `drift-found/${placement.id}/${first.since}`,
      link,
      data: {
        title: `${project.name}/${application.name} → ${environment.name}`,
        requester: 'system:drift',
        kind: 'drift',
        tenant: tenant.name,
        reason: fresh.map(describe).slice(0, mostNamed).join(', '),
      },
    });
  }

  async tellHealed(tx: Transaction, scope: PlacementScope, healed: readonly Finding[], by: string): Promise<void> {
    const places = healed.map(describe);
    await this.record(tx, scope, { open: 0, healed: places.slice(0, mostNamed), by });
    await this.audit.record(tx, systemCaller('drift', newId()), {
      action: 'drift.heal',
      resource: `${pathOf(scope)}/environments/${scope.environment.name}/drift`,
      tenant: scope.tenant,
      projectId: scope.project.id,
      after: { healed: places, ...(by === 'system:drift' ? {} : { askedBy: by }) },
    });
  }

  private async record(tx: Transaction, scope: PlacementScope, data: object): Promise<void> {
    await this.events.record(tx, {
      ...eventIds(scope),
      type: 'drift.updated',
      resource: `${eventPathOf(scope)}/environments/${scope.environment.name}/drift`,
      data: { ...data },
    });
  }
}

const describe = ({ kind, name, path }: Finding): string =>
  [`${kind}/${name}`, showPath(path)].filter(Boolean).join(' ');
