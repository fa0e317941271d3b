import { Controller } from '@nestjs/common';
import { From, Query, Route } from '../kernel/http/route.js';
import { type PageQuery, pageQuerySchema } from '../kernel/http/schemas.js';
import type { Caller } from '../kernel/tenancy/caller.js';
import { type ExplainQuery, explainAnswer, explainQuery, permissionPage } from './explain.dto.js';
import { ExplainService } from './explain.service.js';

const tag = 'access';

@Controller()
export class ExplainController {
  constructor(private readonly explanations: ExplainService) {}

  @Route({
    method: 'GET',
    path: '/access/explain',
    permission: 'signed-in',
    tag,
    summary: 'Say why somebody may or may not do something somewhere',
    description: 'About yourself always; about others where you may list the members.',
    query: explainQuery,
    answer: explainAnswer,
    errors: ['project-not-found', 'forbidden'],
  })
  explain(@From() caller: Caller, @Query() query: ExplainQuery) {
    return this.explanations.explain(caller, query);
  }

  @Route({
    method: 'GET',
    path: '/permissions',
    permission: 'signed-in',
    tag,
    summary: 'List the permissions: what they allow, where they can be given, and which built-in roles hold them',
    query: pageQuerySchema,
    answer: permissionPage,
  })
  listPermissions(@Query() query: PageQuery) {
    return this.explanations.listPermissions(query);
  }
}
