import { Controller } from '@nestjs/common';
import { Body, From, Param, Route } from '../kernel/http/route.js';
import type { Caller } from '../kernel/tenancy/caller.js';
import { fail } from './identity.errors.js';
import { requireUser } from './identity.rules.js';
import {
  type Code,
  codeBody,
  enrolmentAnswer,
  recoveryCodesAnswer,
  type SecondFactorAnswer,
  secondFactorAnswer,
} from './second-factor.dto.js';
import { SecondFactors } from './second-factor.service.js';
import { SignIn } from './sign-in.service.js';
import { UsersService } from './users.service.js';

const tag = 'me';
const errors = ['second-factor-missing', 'second-factor-wrong', 'token-not-for-robots'];

@Controller()
export class SecondFactorController {
  constructor(
    private readonly factors: SecondFactors,
    private readonly signIn: SignIn,
    private readonly users: UsersService,
  ) {}

  @Route({
    method: 'GET',
    path: '/me/second-factor',
    permission: 'signed-in',
    tag,
    summary: 'Read whether I have a second factor',
    answer: secondFactorAnswer,
    errors: ['token-not-for-robots'],
  })
  async get(@From() caller: Caller): Promise<SecondFactorAnswer> {
    const id = requireUser(caller);
    const [row, isRequired] = await Promise.all([this.factors.find(id), this.factors.isRequired(id)]);
    const confirmedAt = row?.confirmedAt?.toISOString() ?? null;
    return {
      isEnabled: confirmedAt !== null,
      isRequired,
      confirmedAt,
      recoveryCodesLeft: row?.recoveryHashes.length ?? 0,
    };
  }

  @Route({
    method: 'POST',
    path: '/me/second-factor',
    permission: 'signed-in',
    tag,
    summary: 'Begin to set up a second factor',
    answer: enrolmentAnswer,
    errors: ['second-factor-exists', 'user-is-external', 'token-not-for-robots'],
  })
  async begin(@From() caller: Caller) {
    const user = await this.users.getRow(requireUser(caller));
    if (user.passwordHash === null) throw fail('user-is-external');
    return this.factors.begin(user);
  }

  @Route({
    method: 'POST',
    path: '/me/second-factor/confirm',
    permission: 'signed-in',
    tag,
    summary: 'Take the second factor into use',
    body: codeBody,
    answer: recoveryCodesAnswer,
    errors: [...errors, 'second-factor-exists'],
  })
  async confirm(@From() caller: Caller, @Body() { code }: Code) {
    const user = { id: requireUser(caller), username: caller.actor.username };
    return { recoveryCodes: await this.factors.confirm(caller, user, code) };
  }

  @Route({
    method: 'POST',
    path: '/me/second-factor/recovery-codes',
    permission: 'signed-in',
    tag,
    summary: 'Get new recovery codes; the old ones end',
    body: codeBody,
    answer: recoveryCodesAnswer,
    errors,
  })
  async renewCodes(@From() caller: Caller, @Body() { code }: Code) {
    const id = requireUser(caller);
    await this.requireCode(caller, id, code);
    return { recoveryCodes: await this.factors.renewRecoveryCodes(caller, id) };
  }

  @Route({
    method: 'POST',
    path: '/me/second-factor/remove',
    permission: 'signed-in',
    tag,
    summary: 'Remove my second factor',
    body: codeBody,
    errors: [...errors, 'second-factor-required'],
  })
  async remove(@From() caller: Caller, @Body() { code }: Code) {
    const id = requireUser(caller);
    if (await this.factors.isRequired(id)) throw fail('second-factor-required');
    await this.requireCode(caller, id, code);
    await this.factors.remove(caller, { id, username: caller.actor.username });
  }

  @Route({
    method: 'DELETE',
    path: '/users/:username/second-factor',
    permission: 'users:write',
    tag: 'users',
    summary: "Remove a user's second factor, when the device and the recovery codes are lost",
    errors: ['user-not-found', 'second-factor-missing'],
  })
  async reset(@From() caller: Caller, @Param('username') username: string) {
    return this.factors.remove(caller, await this.users.getRow(username));
  }

  /** Guesses are slowed down as at the sign-in. */
  private async requireCode(caller: Caller, id: string, code: string): Promise<void> {
    const attempt = { username: caller.actor.username, source: caller.source ?? '' };
    await this.signIn.begin(attempt);
    await this.factors.require(id, code);
    await this.signIn.succeed(attempt);
  }
}
