import { Injectable } from '@nestjs/common';
import { fail } from './identity.errors.js';
import { hashPassword } from './identity.rules.js';
import { findPasswordProblem } from './password.rules.js';
import { IdentitySettings } from './settings.service.js';

/** New passwords, held to the platform's policy. */
@Injectable()
export class Passwords {
  constructor(private readonly settings: IdentitySettings) {}

  /** The hash to keep. Throws 422 for a password that the policy refuses. */
  async hash(password: string, user: { readonly username: string; readonly email?: string | null }): Promise<string> {
    const { passwordMinLength } = await this.settings.get();
    const problem = findPasswordProblem(password, user, passwordMinLength);
    if (problem) {
      throw fail('password-weak', {
        detail: problem.message,
        errors: [{ path: 'body.password', code: problem.code, message: problem.message }],
      });
    }
    return hashPassword(password);
  }
}
