import { Controller } from '@nestjs/common';
import { Body, From, Route } from '../kernel/http/route.js';
import type { Caller } from '../kernel/tenancy/caller.js';
import { meAnswer, type UpdateMe, updateMeBody } from './identity.dto.js';
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
    errors: ['password-wrong', 'password-weak', 'user-is-external', 'token-not-for-robots'],
  })
  update(@From() caller: Caller, @Body() body: UpdateMe) {
    return this.me.update(caller, body);
  }
}
