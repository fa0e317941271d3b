import { Inject, Injectable } from '@nestjs/common';
import express from 'express';
import type Provider from 'oidc-provider';
import { Clock } from '../../kernel/clock/clock.js';
import { CONFIG, type Configuration } from '../../kernel/config/config.js';
import { Database } from '../../kernel/database/index.js';
import { fail } from '../../kernel/errors/kernel.errors.js';
import { Door } from '../../kernel/http/door.js';
import type { Request, Response } from '../../kernel/http/route.js';
import { newId } from '../../kernel/ids/ids.js';
import { SessionsService } from '../sessions.service.js';
import { createAdapterFactory } from './issuer-adapter.js';
import { IssuerLogin, type LoginPage } from './issuer-login.service.js';
import { chooseLanguage, renderMessage } from './issuer-pages.js';
import { createIssuer, pagePolicy } from './issuer-provider.js';

const loginPath = /^\/login-actions\/authenticate\/([\w-]+)$/;

/** `/realms/slipway`: the built-in issuer with its login page. Answers 404 where another issuer is configured. */
@Injectable()
export class IssuerDoor extends Door {
  override readonly path = '/realms/slipway';
  private issuer: { provider: Provider; callback: (request: Request, response: Response) => void } | undefined;
  private readonly readForm = express.urlencoded({ extended: false, limit: '16kb' });

  constructor(
    private readonly database: Database,
    private readonly clock: Clock,
    private readonly login: IssuerLogin,
    private readonly sessions: SessionsService,
    @Inject(CONFIG) private readonly config: Configuration,
  ) {
    super();
  }

  override async handle(request: Request, response: Response): Promise<void> {
    if (!this.config.isIssuerBuiltIn) throw fail('route-not-found');
    const { provider, callback } = this.get();
    if (!loginPath.test(request.path)) return callback(request, response);
    if (request.method !== 'GET' && request.method !== 'POST') throw fail('route-not-found');
    const interaction = await this.findInteraction(provider, request, response);
    if (!interaction) return;
    if (interaction.prompt.name === 'consent') return this.login.consent(provider, request, response);
    if (request.method === 'GET') return sendPage(response, await this.login.show(interaction, request));
    await new Promise<void>((resolve, reject) => {
      this.readForm(request, response, (error?: unknown) => (error ? reject(error) : resolve()));
    });
    const page = await this.login.submit(provider, interaction, request, response);
    if (page) sendPage(response, page);
  }

  private get() {
    if (!this.issuer) {
      const users = {
        find: async (id: string) => {
          const user = await this.login.find(id);
          return user && { ...user, isAdmin: await this.login.isAdministrator(user) };
        },
        verify: this.login.verify.bind(this.login),
        noteSession: async (...[session, origin]: Parameters<SessionsService['see']>) => {
          await this.sessions.see(session, origin);
        },
        noteSignOut: (sid: string, source: string | null) =>
          this.sessions.endSignedOut({ source, requestId: newId() }, sid),
      };
      const provider = createIssuer(this.config, createAdapterFactory(this.database, this.clock), users);
      this.issuer = { provider, callback: provider.callback() };
    }
    return this.issuer;
  }

  /** Undefined, and a page is sent, when the interaction is over or another browser's. */
  private async findInteraction(provider: Provider, request: Request, response: Response) {
    try {
      return await provider.interactionDetails(request, response);
    } catch (error) {
      if (!(error instanceof Error) || error.name !== 'SessionNotFound') throw error;
      const language = chooseLanguage(request.query['ui_locales'], request.get('accept-language'));
      sendPage(response, { status: 400, html: renderMessage(language, 'signIn', 'expired') });
      return undefined;
    }
  }
}

function sendPage(response: Response, { status, html }: LoginPage): void {
  response.status(status).type('html').setHeader('Content-Security-Policy', pagePolicy());
  response.setHeader('Cache-Control', 'no-store');
  response.send(html);
}
