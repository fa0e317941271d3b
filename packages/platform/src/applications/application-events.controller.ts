import { Controller } from '@nestjs/common';
import { z } from 'zod';
import { followChanges } from '../events/follow-changes.service.js';
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
    await sendEvents(response, followChanges(this.stream, eventIds(scope), last, signalOf(response)));
  }
}
