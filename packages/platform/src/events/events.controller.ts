import { Controller } from '@nestjs/common';
import { z } from 'zod';
import { Access } from '../kernel/access/access.js';
import { projectsAllowed } from '../kernel/access/policy.js';
import { type EventFilter, EventStream } from '../kernel/events/event-stream.js';
import { From, Incoming, Reply, type Request, type Response, Route } from '../kernel/http/route.js';
import { sendEvents, signalOf } from '../kernel/http/server-sent-events.js';
import type { TenantCaller } from '../kernel/tenancy/caller.js';
import { followChanges } from './follow-changes.service.js';

const query = z.strictObject({
  lastEventId: z
    .string()
    .max(60)
    .optional()
    .meta({ description: 'As the header Last-Event-ID, for clients without headers.' }),
});

@Controller()
export class EventsController {
  constructor(
    private readonly stream: EventStream,
    private readonly access: Access,
  ) {}

  @Route({
    method: 'GET',
    path: '/tenants/:tenant/events',
    permission: 'events:read',
    narrows: true,
    tag: 'events',
    summary: "Follow a tenant's changes as server-sent events",
    description: '`event: change`; resume with Last-Event-ID; a heartbeat comment every 15 s.',
    query,
    produces: ['text/event-stream'],
  })
  async follow(@From() caller: TenantCaller, @Incoming() request: Request, @Reply() response: Response) {
    const last = request.get('last-event-id') ?? request.query['lastEventId'];
    await sendEvents(
      response,
      followChanges(
        this.stream,
        () => this.filterNow(caller),
        typeof last === 'string' ? last : undefined,
        signalOf(response),
      ),
    );
  }

  /** Asked again and again: who loses his role while he follows hears no more. */
  private async filterNow({ actor, tenant }: TenantCaller): Promise<EventFilter | undefined> {
    const scope = await this.access.findTenantScope(actor, tenant.id);
    const where = scope ? projectsAllowed(actor, scope, 'events:read') : [];
    if (where === 'all') return { tenantId: tenant.id };
    return where.length > 0 ? { tenantId: tenant.id, projectIds: where } : undefined;
  }
}
