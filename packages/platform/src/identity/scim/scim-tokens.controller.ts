import { Controller } from '@nestjs/common';
import { Body, From, Param, Query, Route } from '../../kernel/http/route.js';
import { type PageQuery, pageQuerySchema } from '../../kernel/http/schemas.js';
import type { Caller } from '../../kernel/tenancy/caller.js';
import { type Rotate, rotateBody } from '../tokens.dto.js';
import { type CreateScimToken, createScimTokenBody, newScimTokenAnswer, scimTokenPage } from './scim-tokens.dto.js';
import { ScimTokens } from './scim-tokens.service.js';

const tag = 'identity';

@Controller()
export class ScimTokensController {
  constructor(private readonly tokens: ScimTokens) {}

  @Route({
    method: 'GET',
    path: '/identity/scim-tokens',
    permission: 'scim:read',
    tag,
    summary: 'List the tokens of directories that keep users and groups by SCIM',
    query: pageQuerySchema,
    answer: scimTokenPage,
  })
  list(@Query() query: PageQuery) {
    return this.tokens.list(query);
  }

  @Route({
    method: 'POST',
    path: '/identity/scim-tokens',
    permission: 'scim:write',
    tag,
    summary: 'Create a token for a directory',
    body: createScimTokenBody,
    answer: newScimTokenAnswer,
    errors: ['scim-token-exists'],
  })
  create(@From() caller: Caller, @Body() body: CreateScimToken) {
    return this.tokens.create(caller, body);
  }

  @Route({
    method: 'POST',
    path: '/identity/scim-tokens/:id/rotate',
    permission: 'scim:write',
    tag,
    summary: "Give a directory's token a new secret",
    body: rotateBody,
    answer: newScimTokenAnswer,
    errors: ['scim-token-not-found'],
  })
  rotate(@From() caller: Caller, @Param('id') id: string, @Body() body: Rotate) {
    return this.tokens.rotate(caller, id, body);
  }

  @Route({
    method: 'DELETE',
    path: '/identity/scim-tokens/:id',
    permission: 'scim:write',
    tag,
    summary: "End a directory's token",
    errors: ['scim-token-not-found'],
  })
  delete(@From() caller: Caller, @Param('id') id: string) {
    return this.tokens.delete(caller, id);
  }
}
