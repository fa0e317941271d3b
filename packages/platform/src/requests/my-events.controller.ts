import { Controller } from '@nestjs/common';
import { From, Reply, type Response, Route } from '../kernel/http/route.js';
import { sendEvents, signalOf } from '../kernel/http/server-sent-events.js';
import type { Caller } from '../kernel/tenancy/caller.js';
import { MyEvents } from './my-events.service.js';

@Controller()
export class MyEventsController {
  constructor(private readonly events: MyEvents) {}

  @Route({
    method: 'GET',
    path: '/me/events',
    permission: 'signed-in',
    tag: 'me',
    summary: 'Follow the requests and notifications that concern me as server-sent events',
    description: '`event: change`, `{ type, resource }`: read the resource anew. A heartbeat comment every 15 s.',
    produces: ['text/event-stream'],
  })
  async follow(@From() caller: Caller, @Reply() response: Response) {
    await sendEvents(response, this.events.follow(caller.actor, signalOf(response)));
  }
}
