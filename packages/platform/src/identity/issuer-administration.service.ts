import { Inject, Injectable } from '@nestjs/common';
import { z } from 'zod';
import { anySignal } from '../kernel/clock/any-signal.js';
import { CONFIG, type Configuration, readSecretFile } from '../kernel/config/config.js';
import { apiAudience } from './issuer/issuer-key.js';

const answerMilliseconds = 5_000;
const sessionsSchema = z.array(z.object({ id: z.string(), start: z.number() }));
const tokenSchema = z.object({ access_token: z.string() });

/** What the platform itself may do at an outside Keycloak, as the service account of the client `slipway-api`. */
@Injectable()
export class IssuerAdministration {
  constructor(
    @Inject(CONFIG)
    private readonly config: Pick<Configuration, 'issuerUrl' | 'isIssuerBuiltIn' | 'issuerClientSecretFile'>,
  ) {}

  /** Not at the built-in issuer, whose sessions are ours, nor where no secret of the client was given. */
  get isPossible(): boolean {
    return !this.config.isIssuerBuiltIn && this.config.issuerClientSecretFile !== undefined;
  }

  /** The sessions of a user; `start` in milliseconds since the epoch. None of a user who is not there any more. */
  async listSessions(subject: string, signal: AbortSignal) {
    const answer = await this.ask('GET', `/users/${encodeURIComponent(subject)}/sessions`, signal);
    return sessionsSchema.parse(answer ?? []);
  }

  /** Keycloak tells the clients of the session (back-channel logout). A session that is over already is no error. */
  async endSession(sid: string, signal: AbortSignal): Promise<void> {
    await this.ask('DELETE', `/sessions/${encodeURIComponent(sid)}`, signal);
  }

  /** Undefined for 404. */
  private async ask(method: string, path: string, signal: AbortSignal): Promise<unknown> {
    const headers = { authorization: `Bearer ${await this.signIn(signal)}` };
    const url = this.config.issuerUrl.replace(/\/realms\/([^/]+)$/, `/admin/realms/$1${path}`);
    const answer = await fetch(url, { method, headers, redirect: 'error', signal: limit(signal) });
    if (answer.status === 404) return undefined;
    if (!answer.ok) throw new Error(`${method} ${url} answered ${answer.status}`);
    const text = await answer.text();
    return text === '' ? undefined : JSON.parse(text);
  }

  private async signIn(signal: AbortSignal): Promise<string> {
    const url = `${this.config.issuerUrl}/protocol/openid-connect/token`;
    const secret = readSecretFile(this.config.issuerClientSecretFile, 'SLIPWAY_ISSUER_CLIENT_SECRET_FILE');
    const form = { grant_type: 'client_credentials', client_id: apiAudience, client_secret: secret };
    const body = new URLSearchParams(form);
    const answer = await fetch(url, { method: 'POST', body, redirect: 'error', signal: limit(signal) });
    if (!answer.ok) throw new Error(`${url} answered ${answer.status} to the client ${apiAudience}`);
    return tokenSchema.parse(await answer.json()).access_token;
  }
}

const limit = (signal: AbortSignal) => anySignal([signal, AbortSignal.timeout(answerMilliseconds)]);
