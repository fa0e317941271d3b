import { Injectable } from '@nestjs/common';
import type Provider from 'oidc-provider';
import { z } from 'zod';
import { PlatformAdministrators } from '../../access/platform-administrators.service.js';
import { Database, type UserModel } from '../../kernel/database/index.js';
import { SlipwayError } from '../../kernel/errors/errors.js';
import { type Request, type Response, stateOf } from '../../kernel/http/route.js';
import { isId } from '../../kernel/ids/ids.js';
import { SecondFactors } from '../second-factor.service.js';
import { type Attempt, SignIn } from '../sign-in.service.js';
import {
  chooseLanguage,
  type Language,
  type PageText,
  renderEnrolment,
  renderFactor,
  renderLogin,
  renderRecoveryCodes,
} from './issuer-pages.js';
import { SecondFactorMissing } from './issuer-provider.js';

/** How far a sign-in has come whose password was right; kept in the issuer's interaction, which belongs to one browser. */
const stateSchema = z.object({ pending: z.object({ userId: z.uuid(), step: z.enum(['code', 'enrol', 'done']) }) });
type Pending = z.output<typeof stateSchema>['pending'];
type Interaction = Awaited<ReturnType<Provider['interactionDetails']>>;

/** A page to send. */
export interface LoginPage {
  readonly status: number;
  readonly html: string;
}

/** The steps of a sign-in by the browser: password, then the second factor of whoever has one or must have one. */
@Injectable()
export class IssuerLogin {
  constructor(
    private readonly database: Database,
    private readonly signIn: SignIn,
    private readonly factors: SecondFactors,
    private readonly administrators: PlatformAdministrators,
  ) {}

  async show(interaction: Interaction, request: Request): Promise<LoginPage> {
    const language = languageOf(interaction, request);
    const pending = pendingOf(interaction);
    const user = pending && (await this.find(pending.userId));
    if (!pending || !user || pending.step === 'done') {
      return { status: 200, html: renderLogin(language, request.originalUrl, {}) };
    }
    return { status: 200, html: await this.renderFactor(language, request, pending, user) };
  }

  /** The page to send, or undefined when the response has been answered by a redirect. */
  async submit(
    provider: Provider,
    interaction: Interaction,
    request: Request,
    response: Response,
  ): Promise<LoginPage | undefined> {
    const pending = pendingOf(interaction);
    const user = pending && (await this.find(pending.userId));
    if (!pending || !user) return this.submitPassword(provider, interaction, request, response);
    if (pending.step === 'done') return this.finish(provider, user, request, response, ['pwd', 'otp']);
    return this.submitCode(provider, interaction, request, response, pending, user);
  }

  /** For the password grant: both factors at once. */
  async verify(attempt: Attempt, password: string, code: string | undefined): Promise<UserModel | undefined> {
    const user = await this.signIn.verifyPassword(attempt, password);
    if (!user) return undefined;
    const factor = await this.factors.find(user.id);
    if (!factor && (await this.factors.isRequired(user.id))) {
      throw new SecondFactorMissing('A second factor must be set up first: sign in by the browser once.');
    }
    if (factor) {
      if (code === undefined) throw new SecondFactorMissing('A code of the second factor is needed: send it as totp.');
      await this.signIn.begin(attempt);
      if (!(await this.factors.verify(factor, code))) {
        await this.signIn.fail(attempt, user, 'second-factor');
        return undefined;
      }
      await this.signIn.succeed(attempt);
    }
    await this.signIn.noteSuccess(attempt, user, factor ? ['pwd', 'otp'] : ['pwd']);
    return user;
  }

  async find(id: string): Promise<UserModel | undefined> {
    const user = isId(id) ? await this.database.read.user.findUnique({ where: { id } }) : null;
    return user && !user.disabledAt ? user : undefined;
  }

  async isAdministrator({ id }: UserModel): Promise<boolean> {
    return (await this.administrators.findAmong(this.database.read, [id])).has(id);
  }

  private async submitPassword(
    provider: Provider,
    interaction: Interaction,
    request: Request,
    response: Response,
  ): Promise<LoginPage | undefined> {
    const username = fieldOf(request.body, 'username').trim();
    const language = languageOf(interaction, request);
    const refuse = (status: number, error: PageText) => ({
      status,
      html: renderLogin(language, request.originalUrl, { username, error }),
    });
    try {
      const attempt = attemptOf(username, request);
      const user = await this.signIn.verifyPassword(attempt, fieldOf(request.body, 'password'));
      if (!user) return refuse(401, 'wrong');
      const factor = await this.factors.find(user.id);
      const step = factor ? 'code' : (await this.factors.isRequired(user.id)) ? 'enrol' : undefined;
      if (!step) return this.finish(provider, user, request, response, ['pwd']);
      await provider.interactionResult(request, response, { pending: { userId: user.id, step } });
      return { status: 200, html: await this.renderFactor(language, request, { userId: user.id, step }, user) };
    } catch (error) {
      if (isTooMany(error)) return refuse(429, 'tooMany');
      throw error;
    }
  }

  private async submitCode(
    provider: Provider,
    interaction: Interaction,
    request: Request,
    response: Response,
    pending: Pending,
    user: UserModel,
  ): Promise<LoginPage | undefined> {
    const language = languageOf(interaction, request);
    const code = fieldOf(request.body, 'code');
    const attempt = attemptOf(user.username, request);
    const refuse = async (status: number, error: PageText) => ({
      status,
      html: await this.renderFactor(language, request, pending, user, error),
    });
    try {
      await this.signIn.begin(attempt);
      if (pending.step === 'enrol') {
        const caller = { requestId: stateOf(request).requestId, source: request.ip ?? null };
        const codes = await this.factors.confirm(caller, user, code);
        await this.signIn.succeed(attempt);
        await provider.interactionResult(request, response, { pending: { userId: user.id, step: 'done' } });
        return { status: 200, html: renderRecoveryCodes(language, request.originalUrl, codes) };
      }
      const factor = await this.factors.find(user.id);
      if (!factor || !(await this.factors.verify(factor, code))) {
        await this.signIn.fail(attempt, user, 'second-factor');
        return await refuse(401, 'codeWrong');
      }
      await this.signIn.succeed(attempt);
      return await this.finish(provider, user, request, response, ['pwd', 'otp']);
    } catch (error) {
      if (isTooMany(error)) return refuse(429, 'tooMany');
      if (error instanceof SlipwayError && error.code === 'second-factor-wrong') return refuse(401, 'codeWrong');
      throw error;
    }
  }

  private async finish(
    provider: Provider,
    user: UserModel,
    request: Request,
    response: Response,
    amr: string[],
  ): Promise<undefined> {
    await this.signIn.noteSuccess(attemptOf(user.username, request), user, amr);
    const login = { accountId: user.id, remember: true, amr };
    await provider.interactionFinished(request, response, { login, consent: {} }, { mergeWithLastSubmission: false });
    return undefined;
  }

  /** A browser that is signed in already has said yes to the CLI on the page before: nothing more is asked. */
  async consent(provider: Provider, request: Request, response: Response): Promise<void> {
    await provider.interactionFinished(request, response, { consent: {} }, { mergeWithLastSubmission: true });
  }

  private async renderFactor(
    language: Language,
    request: Request,
    { step }: Pending,
    user: UserModel,
    error?: PageText,
  ): Promise<string> {
    if (step === 'code') return renderFactor(language, request.originalUrl, error);
    return renderEnrolment(language, request.originalUrl, await this.factors.current(user), error);
  }
}

const isTooMany = (error: unknown): boolean => error instanceof SlipwayError && error.code === 'too-many-requests';

function pendingOf(interaction: Interaction): Pending | undefined {
  return stateSchema.safeParse(interaction.result).data?.pending;
}

function languageOf(interaction: Interaction, request: Request): Language {
  return chooseLanguage(interaction.params['ui_locales'], request.get('accept-language'));
}

function attemptOf(username: string, request: Request): Attempt {
  return { username, source: request.ip ?? '', userAgent: request.get('user-agent')?.slice(0, 300) };
}

function fieldOf(form: unknown, name: string): string {
  const value: unknown = typeof form === 'object' && form !== null ? Reflect.get(form, name) : undefined;
  return typeof value === 'string' ? value : '';
}
