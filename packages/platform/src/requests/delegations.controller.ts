import { Controller } from '@nestjs/common';
import { Body, From, Param, Query, Route } from '../kernel/http/route.js';
import type { PageQuery } from '../kernel/http/schemas.js';
import type { Caller } from '../kernel/tenancy/caller.js';
import {
  type CreateDelegation,
  createDelegationBody,
  delegationAnswer,
  delegationPage,
  delegationsQuery,
} from './delegations.dto.js';
import { DelegationsService } from './delegations.service.js';

const tag = 'delegations';
const permission = 'signed-in';

@Controller()
export class DelegationsController {
  constructor(private readonly delegations: DelegationsService) {}

  @Route({
    method: 'GET',
    path: '/me/delegations',
    permission,
    tag,
    summary: 'List who decides for me, and for whom I decide',
    query: delegationsQuery,
    answer: delegationPage,
  })
  list(@From() caller: Caller, @Query() query: PageQuery) {
    return this.delegations.list(caller, query);
  }

  @Route({
    method: 'POST',
    path: '/me/delegations',
    permission,
    tag,
    summary: 'Let somebody decide for me for a time',
    body: createDelegationBody,
    answer: delegationAnswer,
    errors: ['delegation-invalid'],
  })
  create(@From() caller: Caller, @Body() body: CreateDelegation) {
    return this.delegations.create(caller, body);
  }

  @Route({
    method: 'DELETE',
    path: '/me/delegations/:id',
    permission,
    tag,
    summary: 'End a delegation that I gave or was given',
    errors: ['delegation-not-found'],
  })
  delete(@From() caller: Caller, @Param('id') id: string) {
    return this.delegations.delete(caller, id);
  }
}
