import { Controller } from '@nestjs/common';
import { Body, From, Route } from '../kernel/http/route.js';
import type { Caller } from '../kernel/tenancy/caller.js';
import { settingsAnswer, type UpdateSettings, updateSettingsBody } from './settings.dto.js';
import { IdentitySettings } from './settings.service.js';

const tag = 'identity';

@Controller()
export class SettingsController {
  constructor(private readonly settings: IdentitySettings) {}

  @Route({
    method: 'GET',
    path: '/identity/settings',
    permission: 'users:read',
    tag,
    summary: 'Read what is set about passwords, tokens and second factors',
    answer: settingsAnswer,
  })
  get() {
    return this.settings.get();
  }

  @Route({
    method: 'PATCH',
    path: '/identity/settings',
    permission: 'users:write',
    tag,
    summary: 'Set the password policy, the longest life of tokens, and who needs a second factor',
    body: updateSettingsBody,
    answer: settingsAnswer,
  })
  update(@From() caller: Caller, @Body() body: UpdateSettings) {
    return this.settings.update(caller, body);
  }
}
