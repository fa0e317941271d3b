import { Controller } from '@nestjs/common';
import { Body, From, Param, Query, Route } from '../kernel/http/route.js';
import { type PageQuery, pageQuerySchema } from '../kernel/http/schemas.js';
import type { Caller } from '../kernel/tenancy/caller.js';
import {
  type CreateToken,
  createTokenBody,
  meAnswer,
  newTokenAnswer,
  tokenPage,
  type UpdateMe,
  updateMeBody,
} from './identity.dto.js';
import { MeService } from './me.service.js';

const tag = 'me';

@Controller()
export class MeController {
  constructor(private readonly me: MeService) {}

  @Route({
    method: 'GET',
    path: '/me',
    permission: 'signed-in',
    tag,
    summary: 'Who am I, and where am I a member',
    answer: meAnswer,
  })
  get(@From() caller: Caller) {
    return this.me.get(caller);
  }

  @Route({
    method: 'PATCH',
    path: '/me',
    permission: 'signed-in',
    tag,
    summary: 'Change my name, language or password',
    body: updateMeBody,
    answer: meAnswer,
    errors: ['password-wrong', 'user-is-external', 'token-not-for-robots'],
  })
  update(@From() caller: Caller, @Body() body: UpdateMe) {
    return this.me.update(caller, body);
  }

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
  listTokens(@From() caller: Caller, @Query() query: PageQuery) {
    return this.me.listTokens(caller, query);
  }

  @Route({
    method: 'POST',
    path: '/me/tokens',
    permission: 'signed-in',
    tag,
    summary: 'Create a personal token',
    body: createTokenBody,
    answer: newTokenAnswer,
    errors: ['token-name-taken', 'token-not-for-robots'],
  })
  createToken(@From() caller: Caller, @Body() body: CreateToken) {
    return this.me.createToken(caller, body);
  }

  @Route({
    method: 'DELETE',
    path: '/me/tokens/:id',
    permission: 'signed-in',
    tag,
    summary: 'End a personal token',
    errors: ['token-not-found', 'token-not-for-robots'],
  })
  deleteToken(@From() caller: Caller, @Param('id') id: string) {
    return this.me.deleteToken(caller, id);
  }
}
