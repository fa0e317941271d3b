import { Controller } from '@nestjs/common';
import { Body, From, Param, Route } from '../kernel/http/route.js';
import type { Caller } from '../kernel/tenancy/caller.js';
import { type Impersonate, impersonateBody, impersonationAnswer } from './impersonation.dto.js';
import { Impersonations } from './impersonation.service.js';

const tag = 'users';
const path = '/users/:username/impersonation';
const permission = 'users:impersonate';

@Controller()
export class ImpersonationController {
  constructor(private readonly impersonations: Impersonations) {}

  @Route({
    method: 'POST',
    path,
    permission,
    tag,
    summary: 'Act in the name of a user for some minutes',
    description:
      'Gives a token by which the caller sees and does what the user may, but for secrets, sessions in containers, credentials, consent, members and roles. Every row of the audit log carries both names. It ends with the session or token that made it.',
    body: impersonateBody,
    answer: impersonationAnswer,
    errors: ['user-not-found', 'impersonation-refused'],
  })
  begin(@From() caller: Caller, @Param('username') username: string, @Body() body: Impersonate) {
    return this.impersonations.begin(caller, username, body);
  }

  @Route({
    method: 'DELETE',
    path,
    permission,
    tag,
    summary: 'Act in the name of a user no more',
    errors: ['user-not-found', 'impersonation-not-found'],
  })
  end(@From() caller: Caller, @Param('username') username: string) {
    return this.impersonations.end(caller, username);
  }
}
