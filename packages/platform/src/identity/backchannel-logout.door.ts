import { Injectable } from '@nestjs/common';
import express from 'express';
import { Door } from '../kernel/http/door.js';
import { RateLimit } from '../kernel/http/rate-limit.js';
import { type Request, type Response, stateOf } from '../kernel/http/route.js';
import { LogoutTokens } from './logout-tokens.service.js';
import { SessionsService } from './sessions.service.js';

const [requests, windowSeconds] = [3_000, 60];

/** `POST /oidc/backchannel-logout`: the issuer tells here which sessions have ended there (OpenID Connect Back-Channel Logout 1.0). */
@Injectable()
export class BackchannelLogoutDoor extends Door {
  override readonly path = '/oidc/backchannel-logout';
  private readonly readForm = express.urlencoded({ extended: false, limit: '16kb' });

  constructor(
    private readonly tokens: LogoutTokens,
    private readonly sessions: SessionsService,
    private readonly rateLimit: RateLimit,
  ) {
    super();
  }

  override async handle(request: Request, response: Response): Promise<void> {
    response.setHeader('Cache-Control', 'no-store');
    await this.rateLimit.restrict(`backchannel-logout:${request.ip}`, requests, windowSeconds);
    const token = request.method === 'POST' ? await this.readToken(request, response) : undefined;
    const logout = token === undefined ? undefined : await this.tokens.verify(token);
    const source = { requestId: stateOf(request).requestId, source: request.ip ?? null };
    const isDone = logout !== undefined && (await this.sessions.endByIssuer(source, logout));
    if (isDone) return void response.status(200).end();
    const text = 'A logout token of the configured issuer is needed, which was not used before.';
    response.status(400).json({ error: 'invalid_request', error_description: text });
  }

  private async readToken(request: Request, response: Response): Promise<string | undefined> {
    // A body that cannot be read is as good as none.
    await new Promise<void>((resolve) => this.readForm(request, response, () => resolve()));
    const body: unknown = request.body;
    const token: unknown = typeof body === 'object' && body !== null ? Reflect.get(body, 'logout_token') : undefined;
    return typeof token === 'string' ? token : undefined;
  }
}
