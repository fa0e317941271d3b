import { Controller } from '@nestjs/common';
import { From, Param, Query, Route } from '../kernel/http/route.js';
import type { Caller } from '../kernel/tenancy/caller.js';
import { type OperationsQuery, operationAnswer, operationPage, operationsQuery } from './operations.dto.js';
import { OperationsService } from './operations.service.js';

const tag = 'operations';

@Controller()
export class OperationsController {
  constructor(private readonly operations: OperationsService) {}

  @Route({
    method: 'GET',
    path: '/operations',
    permission: 'signed-in',
    tag,
    summary: 'List the long work of your tenants, newest first',
    query: operationsQuery,
    answer: operationPage,
  })
  list(@From() caller: Caller, @Query() query: OperationsQuery) {
    return this.operations.list(caller.actor, query);
  }

  @Route({
    method: 'GET',
    path: '/operations/:id',
    permission: 'signed-in',
    tag,
    summary: 'Read the state of long work',
    answer: operationAnswer,
    errors: ['operation-not-found'],
  })
  get(@From() caller: Caller, @Param('id') id: string) {
    return this.operations.get(caller.actor, id);
  }

  @Route({
    method: 'POST',
    path: '/operations/:id/cancel',
    permission: 'signed-in',
    tag,
    summary: 'Cancel long work that has not begun',
    answer: operationAnswer,
    status: 200,
    errors: ['operation-not-found', 'operation-not-cancellable'],
  })
  cancel(@From() caller: Caller, @Param('id') id: string) {
    return this.operations.cancel(caller, id);
  }
}
