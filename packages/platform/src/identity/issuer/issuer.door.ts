import { Inject, Injectable } from '@nestjs/common';
import express from 'express';
import type Provider from 'oidc-provider';
import { AuditService } from '../../audit/audit.service.js';
import { Clock } from '../../kernel/clock/clock.js';
import { CONFIG, type Configuration } from '../../kernel/config/config.js';
import { Database, type UserModel } from '../../kernel/database/index.js';
import { SlipwayError } from '../../kernel/errors/errors.js';
import { fail } from '../../kernel/errors/kernel.errors.js';
import { Door } from '../../kernel/http/door.js';
import { RateLimit } from '../../kernel/http/rate-limit.js';
import { type Request, type Response, stateOf } from '../../kernel/http/route.js';
import { isId } from '../../kernel/ids/ids.js';
import { verifyPassword } from '../identity.rules.js';
import { createAdapterFactory } from './issuer-adapter.js';
import { chooseLanguage, type PageText, renderLogin, renderMessage } from './issuer-pages.js';
import { createIssuer, pagePolicy } from './issuer-provider.js';

const loginPath = /^\/login-actions\/authenticate\/([\w-]+)$/;
const [attemptsOfUser, attemptsOfSource, attemptSeconds] = [20, 200, 60];

/** `/realms/slipway`: the built-in issuer with its login page. Answers 404 where another issuer is configured. */
@Injectable()
export class IssuerDoor extends Door {
  override readonly path = '/realms/slipway';
  private issuer: { provider: Provider; callback: (request: Request, response: Response) => void } | undefined;
  private readonly readForm = express.urlencoded({ extended: false, limit: '16kb' });

  constructor(
    private readonly database: Database,
    private readonly clock: Clock,
    private readonly rateLimit: RateLimit,
    private readonly audit: AuditService,
    @Inject(CONFIG) private readonly config: Configuration,
  ) {
    super();
  }

  override async handle(request: Request, response: Response): Promise<void> {
    if (!this.config.isIssuerBuiltIn) throw fail('route-not-found');
    const { provider, callback } = this.get();
    if (!loginPath.test(request.path)) return callback(request, response);
    if (request.method === 'GET') return this.showLogin(provider, request, response);
    if (request.method === 'POST') return this.login(provider, request, response);
    throw fail('route-not-found');
  }

  private get() {
    if (!this.issuer) {
      const users = { find: (id: string) => this.find(id), verify: this.verify.bind(this) };
      const provider = createIssuer(this.config, createAdapterFactory(this.database, this.clock), users);
      this.issuer = { provider, callback: provider.callback() };
    }
    return this.issuer;
  }

  private async showLogin(provider: Provider, request: Request, response: Response): Promise<void> {
    const interaction = await this.findInteraction(provider, request, response);
    if (!interaction) return;
    this.sendLogin(request, response, interaction.params['ui_locales'], 200, {});
  }

  private async login(provider: Provider, request: Request, response: Response): Promise<void> {
    const interaction = await this.findInteraction(provider, request, response);
    if (!interaction) return;
    await new Promise<void>((resolve, reject) => {
      this.readForm(request, response, (error?: unknown) => (error ? reject(error) : resolve()));
    });
    const form: unknown = request.body;
    const [username, password] = [fieldOf(form, 'username').trim(), fieldOf(form, 'password')];
    const refuse = (status: number, error: PageText) =>
      this.sendLogin(request, response, interaction.params['ui_locales'], status, { username, error });
    try {
      const user = await this.verify(username, password, request.ip ?? '');
      if (!user) return refuse(401, 'wrong');
      await this.noteLogin(user, request);
      await provider.interactionFinished(request, response, { login: { accountId: user.id, remember: true } });
    } catch (error) {
      if (error instanceof SlipwayError && error.code === 'too-many-requests') return refuse(429, 'tooMany');
      throw error;
    }
  }

  /** Undefined, and a page is sent, when the interaction is over or another browser's. */
  private async findInteraction(provider: Provider, request: Request, response: Response) {
    try {
      return await provider.interactionDetails(request, response);
    } catch (error) {
      if (!(error instanceof Error) || error.name !== 'SessionNotFound') throw error;
      const language = chooseLanguage(request.query['ui_locales'], request.get('accept-language'));
      this.sendPage(response, 400, renderMessage(language, 'signIn', 'expired'));
      return undefined;
    }
  }

  private sendLogin(
    request: Request,
    response: Response,
    uiLocales: unknown,
    status: number,
    form: { username?: string; error?: PageText },
  ): void {
    const language = chooseLanguage(uiLocales, request.get('accept-language'));
    this.sendPage(response, status, renderLogin(language, request.originalUrl, form));
  }

  private sendPage(response: Response, status: number, html: string): void {
    response.status(status).type('html').setHeader('Content-Security-Policy', pagePolicy());
    response.setHeader('Cache-Control', 'no-store');
    response.send(html);
  }

  private async verify(username: string, password: string, source: string): Promise<UserModel | undefined> {
    await this.rateLimit.restrict(`login:${source}`, attemptsOfSource, attemptSeconds);
    await this.rateLimit.restrict(`login:${username.slice(0, 64)}`, attemptsOfUser, attemptSeconds);
    const user = await this.database.read.user.findUnique({ where: { username } });
    const isRight = await verifyPassword(
      password,
      user?.issuer === this.config.issuerUrl ? user.passwordHash : undefined,
    );
    return user && isRight ? user : undefined;
  }

  private async find(id: string): Promise<UserModel | undefined> {
    const user = isId(id) ? await this.database.read.user.findUnique({ where: { id } }) : null;
    return user ?? undefined;
  }

  private async noteLogin(user: UserModel, request: Request): Promise<void> {
    const actor = { kind: 'user', id: user.id, username: user.username, isAdmin: user.isAdmin } as const;
    const caller = { actor, requestId: stateOf(request).requestId, source: request.ip ?? null };
    const entry = { action: 'user.login', resource: `users/${user.username}` };
    await this.database.transaction((tx) => this.audit.record(tx, caller, entry));
  }
}

function fieldOf(form: unknown, name: string): string {
  const value: unknown = typeof form === 'object' && form !== null ? Reflect.get(form, name) : undefined;
  return typeof value === 'string' ? value : '';
}
