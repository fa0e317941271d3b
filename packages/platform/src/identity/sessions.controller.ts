import { Controller } from '@nestjs/common';
import { From, Param, Query, Route } from '../kernel/http/route.js';
import { type PageQuery, pageQuerySchema } from '../kernel/http/schemas.js';
import type { Caller } from '../kernel/tenancy/caller.js';
import { requireUser } from './identity.rules.js';
import { sessionPage } from './sessions.dto.js';
import { SessionsService } from './sessions.service.js';
import { UsersService } from './users.service.js';

const tag = 'sessions';

@Controller()
export class SessionsController {
  constructor(
    private readonly sessions: SessionsService,
    private readonly users: UsersService,
  ) {}

  @Route({
    method: 'GET',
    path: '/me/sessions',
    permission: 'signed-in',
    tag,
    summary: 'List where I am signed in',
    query: pageQuerySchema,
    answer: sessionPage,
    errors: ['token-not-for-robots'],
  })
  list(@From() caller: Caller, @Query() query: PageQuery) {
    return this.sessions.list(requireUser(caller), query, caller.sessionId);
  }

  @Route({
    method: 'DELETE',
    path: '/me/sessions',
    permission: 'signed-in',
    tag,
    summary: 'Sign me out everywhere else',
    errors: ['token-not-for-robots'],
  })
  endOthers(@From() caller: Caller) {
    return this.sessions.endAll(caller, { id: requireUser(caller), username: caller.actor.username }, caller.sessionId);
  }

  @Route({
    method: 'DELETE',
    path: '/me/sessions/:id',
    permission: 'signed-in',
    tag,
    summary: 'End one of my sessions; `current` is the one that asks',
    errors: ['session-not-found', 'token-not-for-robots'],
  })
  end(@From() caller: Caller, @Param('id') id: string) {
    const user = { id: requireUser(caller), username: caller.actor.username };
    return this.sessions.end(caller, user, id === 'current' ? (caller.sessionId ?? '') : id);
  }

  @Route({
    method: 'GET',
    path: '/users/:username/sessions',
    permission: 'sessions:read',
    tag,
    summary: 'List where a user is signed in',
    query: pageQuerySchema,
    answer: sessionPage,
    errors: ['user-not-found'],
  })
  async listOfUser(@From() caller: Caller, @Param('username') username: string, @Query() query: PageQuery) {
    return this.sessions.list((await this.users.getRow(username)).id, query, caller.sessionId);
  }

  @Route({
    method: 'DELETE',
    path: '/users/:username/sessions',
    permission: 'sessions:write',
    tag,
    summary: 'Sign a user out everywhere',
    errors: ['user-not-found'],
  })
  async endAllOfUser(@From() caller: Caller, @Param('username') username: string) {
    return this.sessions.endAll(caller, await this.users.getRow(username));
  }

  @Route({
    method: 'DELETE',
    path: '/users/:username/sessions/:id',
    permission: 'sessions:write',
    tag,
    summary: 'End one session of a user',
    errors: ['user-not-found', 'session-not-found'],
  })
  async endOfUser(@From() caller: Caller, @Param('username') username: string, @Param('id') id: string) {
    return this.sessions.end(caller, await this.users.getRow(username), id);
  }
}
