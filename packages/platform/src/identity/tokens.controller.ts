import { Controller } from '@nestjs/common';
import { Body, From, Param, Query, Route } from '../kernel/http/route.js';
import { type PageQuery, pageQuerySchema } from '../kernel/http/schemas.js';
import type { Caller } from '../kernel/tenancy/caller.js';
import { requireUser } from './identity.rules.js';
import {
  type CreateKubeToken,
  type CreateToken,
  createKubeTokenBody,
  createTokenBody,
  kubeTokenAnswer,
  newTokenAnswer,
  type Rotate,
  rotateBody,
  tokenPage,
} from './tokens.dto.js';
import { PersonalTokens } from './tokens.service.js';
import { UsersService } from './users.service.js';

const tag = 'tokens';

@Controller()
export class TokensController {
  constructor(
    private readonly tokens: PersonalTokens,
    private readonly users: UsersService,
  ) {}

  @Route({
    method: 'GET',
    path: '/me/tokens',
    permission: 'signed-in',
    tag,
    summary: 'List my personal tokens',
    query: pageQuerySchema,
    answer: tokenPage,
    errors: ['token-not-for-robots'],
  })
  list(@From() caller: Caller, @Query() query: PageQuery) {
    return this.tokens.list(requireUser(caller), query);
  }

  @Route({
    method: 'POST',
    path: '/me/tokens',
    permission: 'signed-in',
    tag,
    summary: 'Create a personal token',
    body: createTokenBody,
    answer: newTokenAnswer,
    errors: ['token-name-taken', 'token-not-for-robots', 'token-life-too-long'],
  })
  create(@From() caller: Caller, @Body() body: CreateToken) {
    return this.tokens.create(caller, body);
  }

  @Route({
    method: 'POST',
    path: '/me/tokens/:id/rotate',
    permission: 'signed-in',
    tag,
    summary: 'Give a personal token a new secret',
    body: rotateBody,
    answer: newTokenAnswer,
    errors: ['token-not-found', 'token-not-for-robots', 'token-life-too-long'],
  })
  rotate(@From() caller: Caller, @Param('id') id: string, @Body() body: Rotate) {
    return this.tokens.rotate(caller, id, body);
  }

  @Route({
    method: 'DELETE',
    path: '/me/tokens/:id',
    permission: 'signed-in',
    tag,
    summary: 'End a personal token',
    errors: ['token-not-found', 'token-not-for-robots'],
  })
  delete(@From() caller: Caller, @Param('id') id: string) {
    return this.tokens.delete(caller, { id: requireUser(caller), username: caller.actor.username }, id);
  }

  @Route({
    method: 'POST',
    path: '/me/kube-tokens',
    permission: 'signed-in',
    tag,
    summary: 'Get a token for kubectl, for an hour',
    description: 'Good at the Kubernetes API alone. kubectl asks for a new one through `slipway kubeconfig token`.',
    body: createKubeTokenBody,
    answer: kubeTokenAnswer,
    errors: ['token-not-for-robots'],
  })
  createKubeToken(@From() caller: Caller, @Body() body: CreateKubeToken) {
    return this.tokens.createKubeToken(caller, body);
  }

  @Route({
    method: 'GET',
    path: '/users/:username/tokens',
    permission: 'sessions:read',
    tag,
    summary: "List a user's personal tokens",
    query: pageQuerySchema,
    answer: tokenPage,
    errors: ['user-not-found'],
  })
  async listOfUser(@Param('username') username: string, @Query() query: PageQuery) {
    return this.tokens.list((await this.users.getRow(username)).id, query);
  }

  @Route({
    method: 'DELETE',
    path: '/users/:username/tokens/:id',
    permission: 'sessions:write',
    tag,
    summary: "End a user's personal token",
    errors: ['user-not-found', 'token-not-found'],
  })
  async deleteOfUser(@From() caller: Caller, @Param('username') username: string, @Param('id') id: string) {
    return this.tokens.delete(caller, await this.users.getRow(username), id);
  }
}
