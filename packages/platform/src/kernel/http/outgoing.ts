import { lookup as lookupDns } from 'node:dns/promises';
import { once } from 'node:events';
import { type IncomingMessage, request as requestHttp } from 'node:http';
import { request as requestHttps } from 'node:https';
import { connect as connectTcp, isIP, isIPv6, type LookupFunction, type Socket } from 'node:net';
import { connect as connectTls } from 'node:tls';
import { Inject, Injectable, Optional } from '@nestjs/common';
import { CONFIG, type Configuration } from '../config/config.js';
import { defineErrors } from '../errors/errors.js';
import { isAddressAllowed, literalAddress } from './outgoing.rules.js';

export const fail = defineErrors({
  'url-not-allowed': {
    status: 422,
    title: 'This address may not be called.',
    remedy:
      'Use an http or https URL of a server on the public internet. An administrator can allow ranges of addresses with SLIPWAY_OUTGOING_ALLOW.',
  },
  'url-not-reached': {
    status: 502,
    title: 'The address could not be reached.',
    remedy: 'Check that the URL is right and that its server answers, then try again.',
  },
});

/** All addresses of a name. */
export type Resolve = (hostname: string) => Promise<readonly string[]>;

/** Injection token for another `Resolve` than the machine's. */
export const RESOLVE = Symbol('resolve');

export interface OutgoingRequest {
  readonly method?: 'GET' | 'HEAD' | 'POST' | 'PUT';
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string | Uint8Array;
  /** For all of it, redirects included. Default 10,000. */
  readonly timeoutMs?: number;
  /** More than this is an error. Default 1 MiB. */
  readonly mostBytes?: number;
  /** Followed for GET and HEAD only. Default 3. */
  readonly mostRedirects?: number;
  readonly signal?: AbortSignal;
}

export interface OutgoingConnection {
  /** A name or an address. */
  readonly host: string;
  readonly port: number;
  /** `ca`: PEM of who may have signed the certificate, instead of the public ones. */
  readonly tls?: { readonly ca?: string };
  /** Default 10,000. */
  readonly timeoutMs?: number;
}

export interface OutgoingAnswer {
  readonly url: string;
  readonly status: number;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  readonly body: Buffer;
}

interface Target {
  readonly url: URL;
  readonly address: string;
}

const systemResolve: Resolve = async (hostname) => (await lookupDns(hostname, { all: true })).map((one) => one.address);

/**
 * The one way to call a URL that a user gave. The name is resolved here, every address it has is checked, and the connection goes to
 * the address that was checked, so that a name which answers differently the second time gains nothing. Redirects are checked alike.
 */
@Injectable()
export class Outgoing {
  private readonly resolve: Resolve;

  constructor(
    @Inject(CONFIG) private readonly config: Pick<Configuration, 'outgoingAllow'>,
    @Optional() @Inject(RESOLVE) resolve: Resolve = systemResolve,
  ) {
    this.resolve = resolve;
  }

  /**
   * Refuses a URL that leads where it may not; for what others will call later, e.g. a build pod. A name that has no address (now, or
   * from here) passes. @throws url-not-allowed
   */
  async refuseForbidden(url: string): Promise<void> {
    const parsed = parseUrl(url);
    const addresses = await this.addressesOf(parsed).catch(() => []);
    this.requireAllowed(parsed, addresses);
  }

  /** @throws url-not-allowed, url-not-reached */
  async fetch(url: string, options: OutgoingRequest = {}): Promise<OutgoingAnswer> {
    const { method = 'GET', timeoutMs = 10_000, mostRedirects = 3 } = options;
    const limits = [AbortSignal.timeout(timeoutMs), ...(options.signal ? [options.signal] : [])];
    const signal = AbortSignal.any(limits);
    let target = await this.targetOf(parseUrl(url), signal);
    let { headers = {} } = options;
    for (let redirects = 0; ; redirects += 1) {
      const answer = await send(target, { ...options, method, headers, signal });
      const location = answer.headers['location'];
      const isRedirect = [301, 302, 303, 307, 308].includes(answer.status) && typeof location === 'string';
      if (!isRedirect || (method !== 'GET' && method !== 'HEAD')) return answer;
      if (redirects === mostRedirects)
        throw fail('url-not-reached', { detail: `It redirects more than ${mostRedirects} times.` });
      const next = parseUrl(location, target.url);
      // Secrets are for the server that the user named.
      if (next.origin !== target.url.origin) headers = withoutSecrets(headers);
      target = await this.targetOf(next, signal);
    }
  }

  /** A TCP or TLS connection; its owner ends it. @throws url-not-allowed, url-not-reached */
  async connect({ host, port, tls, timeoutMs = 10_000 }: OutgoingConnection): Promise<Socket> {
    const signal = AbortSignal.timeout(timeoutMs);
    const { address } = await this.targetOf(parseUrl(`http://${isIPv6(host) ? `[${host}]` : host}:${port}`), signal);
    const name = isIP(host) ? {} : { servername: host };
    const socket = tls ? connectTls({ host: address, port, ...name, ca: tls.ca }) : connectTcp({ host: address, port });
    try {
      await once(socket, tls ? 'secureConnect' : 'connect', { signal });
    } catch (cause) {
      socket.destroy();
      throw fail('url-not-reached', { detail: reasonOf(cause, signal), cause });
    }
    return socket;
  }

  private async targetOf(url: URL, signal: AbortSignal): Promise<Target> {
    const addresses = await within(signal, this.addressesOf(url)).catch((cause: unknown) => {
      throw fail('url-not-reached', { detail: `${url.hostname} has no address.`, cause });
    });
    this.requireAllowed(url, addresses);
    const [address] = addresses;
    if (address === undefined) throw fail('url-not-reached', { detail: `${url.hostname} has no address.` });
    return { url, address };
  }

  private async addressesOf({ hostname }: URL): Promise<readonly string[]> {
    const literal = literalAddress(hostname);
    return literal === undefined ? this.resolve(hostname) : [literal];
  }

  /** One forbidden address among several is enough to refuse: which of them is taken would be chance. */
  private requireAllowed(url: URL, addresses: readonly string[]): void {
    const isAllowed = addresses.every((one) => isAddressAllowed(one, this.config.outgoingAllow));
    if (!isAllowed) throw fail('url-not-allowed', { detail: `${url.hostname} is not on the public internet.` });
  }
}

function parseUrl(text: string, base?: URL): URL {
  const url = URL.canParse(text, base?.href) ? new URL(text, base) : undefined;
  if (url?.protocol !== 'http:' && url?.protocol !== 'https:') {
    throw fail('url-not-allowed', { detail: 'Only http and https URLs are called.' });
  }
  if (url.username !== '' || url.password !== '') {
    throw fail('url-not-allowed', { detail: 'A URL with a user name or password in it is not called.' });
  }
  return url;
}

/** Whose certificate is not trusted has to be told so; more than the code is not for whoever gave the address. */
function reasonOf(cause: unknown, signal: AbortSignal): string | undefined {
  if (signal.aborted) return 'It took too long.';
  const code: unknown = cause instanceof Error ? Reflect.get(cause, 'code') : undefined;
  return typeof code === 'string' ? `The connection failed: ${code}.` : undefined;
}

type Sent = OutgoingRequest & { readonly method: string; readonly signal: AbortSignal };

function send(
  { url, address }: Target,
  { method, headers, body, signal, mostBytes = 1 << 20 }: Sent,
): Promise<OutgoingAnswer> {
  const family = isIPv6(address) ? 6 : 4;
  const lookup: LookupFunction = (_hostname, options, done) => {
    if (options.all) done(null, [{ address, family }]);
    else done(null, address, family);
  };
  const request = url.protocol === 'https:' ? requestHttps : requestHttp;
  return new Promise((resolve, reject) => {
    const broken = (cause: unknown) =>
      reject(fail('url-not-reached', { detail: signal.aborted ? 'It took too long.' : undefined, cause }));
    // No agent: a connection is never kept for another URL's use.
    const call = request(
      url,
      { method, headers: { 'accept-encoding': 'identity', ...headers }, lookup, agent: false, signal },
      (answer) => {
        readLimited(answer, mostBytes).then(
          (text) => resolve({ url: url.href, status: answer.statusCode ?? 0, headers: answer.headers, body: text }),
          (error: unknown) => {
            call.destroy();
            if (error instanceof TooLong)
              reject(fail('url-not-reached', { detail: `Its answer is longer than ${mostBytes} bytes.` }));
            else broken(error);
          },
        );
      },
    );
    call.on('error', broken);
    call.end(body);
  });
}

class TooLong extends Error {}

async function readLimited(answer: IncomingMessage, mostBytes: number): Promise<Buffer> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of answer) {
    const bytes = Buffer.from(chunk);
    size += bytes.length;
    if (size > mostBytes) throw new TooLong();
    chunks.push(bytes);
  }
  return Buffer.concat(chunks);
}

function within<T>(signal: AbortSignal, work: Promise<T>): Promise<T> {
  return new Promise((resolve, reject) => {
    const stop = () => reject(signal.reason);
    if (signal.aborted) stop();
    signal.addEventListener('abort', stop, { once: true });
    work.then(resolve, reject).finally(() => signal.removeEventListener('abort', stop));
  });
}

function withoutSecrets(headers: Readonly<Record<string, string>>): Record<string, string> {
  return Object.fromEntries(
    Object.entries(headers).filter(([name]) => !/^(authorization|cookie|proxy-|x-)/i.test(name)),
  );
}
