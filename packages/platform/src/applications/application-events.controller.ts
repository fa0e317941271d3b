import { Controller } from '@nestjs/common';
import { z } from 'zod';
import { followChanges } from '../events/follow-changes.service.js';
import { Access } from '../kernel/access/access.js';
import { isAllowed } from '../kernel/access/policy.js';
import { EventStream } from '../kernel/events/event-stream.js';
import { From, Incoming, Param, Query, Reply, type Request, type Response, Route } from '../kernel/http/route.js';
import { sendEvents, signalOf } from '../kernel/http/server-sent-events.js';
import type { TenantCaller } from '../kernel/tenancy/caller.js';
import { ApplicationScopes, eventIds } from './application-scopes.service.js';

const eventsQuerySchema = z.strictObject({
  lastEventId: z
    .string()
    .max(60)
    .optional()
    .meta({ description: 'As the header Last-Event-ID, for clients without headers.' }),
});

@Controller()
export class ApplicationEventsController {
  constructor(
    private readonly scopes: ApplicationScopes,
    private readonly stream: EventStream,
    private readonly access: Access,
  ) {}

  @Route({
    method: 'GET',
    path: '/tenants/:tenant/projects/:project/applications/:application/events',
    permission: 'events:read',
    summary: "Follow an application's changes as server-sent events",
    description: '`event: change`; resume with Last-Event-ID; a heartbeat comment every 15 s.',
    tag: 'events',
    query: eventsQuerySchema,
    produces: ['text/event-stream'],
    errors: ['application-not-found'],
  })
  async follow(
    @From() caller: TenantCaller,
    @Param('project') project: string,
    @Param('application') application: string,
    @Query() query: z.output<typeof eventsQuerySchema>,
    @Incoming() request: Request,
    @Reply() response: Response,
  ) {
    const scope = await this.scopes.getApplication(caller.tenant, project, application);
    const last = request.get('last-event-id') ?? query.lastEventId;
    const { actor, tenant } = caller;
    // Asked again and again: who loses his role while he follows hears no more.
    const filterNow = async () => {
      const now = await this.access.findTenantScope(actor, tenant.id);
      return now && isAllowed(actor, now, 'events:read', scope.project.id) ? eventIds(scope) : undefined;
    };
    await sendEvents(response, followChanges(this.stream, filterNow, last, signalOf(response)));
  }
}
