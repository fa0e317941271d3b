import { Injectable } from '@nestjs/common';
import { Outgoing } from '../../kernel/http/outgoing.js';
import type { Outcome, WebHook, WebProbe } from './probe.rules.js';
import { isGood, mostBytes, readAnswer, usualTimeoutSeconds } from './web-answer.rules.js';

/** What a web hook is told of the rollout, in Flagger's words. */
export interface HookPayload {
  readonly name: string;
  readonly namespace: string;
  readonly phase: string;
  /** Of the new release. */
  readonly checksum: string;
  readonly buildId: string;
  /** Percent. */
  readonly canaryWeight: number;
}

/** Calls what a strategy names, by the one guarded way out. */
@Injectable()
export class WebProbes {
  constructor(private readonly outgoing: Outgoing) {}

  /** `secrets`: of the new release, by name; asked for only where a header takes one. */
  async take(probe: WebProbe, secrets: () => Promise<Readonly<Record<string, string>>>, signal: AbortSignal) {
    const { url, method = 'GET', headers = [], body, jsonPath, timeoutSeconds = usualTimeoutSeconds } = probe;
    const isSecret = headers.some(({ secret }) => secret !== undefined);
    const known = isSecret ? await secrets() : {};
    const missing = headers.find(({ secret }) => secret !== undefined && known[secret] === undefined);
    if (missing) return refused(`The new release has no secret ${missing.secret}.`);
    const filled = Object.fromEntries(
      headers.map(({ key, value = '', secret }) => [key, (secret && known[secret]) || value]),
    );
    const isAsJson = body !== undefined && !headers.some(({ key }) => key.toLowerCase() === 'content-type');
    return this.outgoing
      .fetch(url, {
        method,
        headers: { ...(isAsJson ? { 'content-type': 'application/json' } : {}), ...filled },
        body,
        timeoutMs: timeoutSeconds * 1000,
        mostBytes,
        // A secret goes to the server that was named, and to no other.
        ...(isSecret ? { mostRedirects: 0 } : {}),
        signal,
      })
      .then(
        (answer): Outcome => readAnswer(answer, jsonPath),
        (error: unknown): Outcome => refused(messageOf(error)),
      );
  }

  /** Agrees with 2xx; what does not answer has not agreed. */
  async callHook(hook: WebHook, payload: HookPayload, signal: AbortSignal): Promise<Outcome> {
    const { type, url, timeoutSeconds, metadata } = hook;
    const said = await this.outgoing
      .fetch(url, {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify({ ...payload, type, metadata }),
        timeoutMs: timeoutSeconds * 1000,
        mostBytes,
        signal,
      })
      .catch(messageOf);
    if (typeof said === 'string') return { type: 'decided', phase: 'failed', message: said };
    const text = said.body.toString('utf8').trim().slice(0, 150);
    const message = [`it answered ${said.status}`, text].filter(Boolean).join(': ');
    return { type: 'decided', phase: isGood(said.status) ? 'successful' : 'failed', message };
  }
}

const refused = (message: string): Outcome => ({ type: 'error', message });
const messageOf = (error: unknown): string => (error instanceof Error ? error.message : 'It could not be called.');
