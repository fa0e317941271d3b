import { Agent, type RequestOptions, request } from 'node:https';
import type { Json, JsonObject } from '../../kinds/index.js';
import { numberAt, objectAt, objectsAt, stringAt } from '../../kinds/index.js';
import type { Store } from '../../store/index.js';
import { asJson } from '../registry.js';

const largestAnswer = 16 * 1024 * 1024;

interface Target {
  /** As it is named to people. */
  readonly url: URL;
  /** Where to connect, when that is not what the URL names. */
  readonly connect: { host: string; port: number } | undefined;
}

/** Calls hooks over HTTPS with connections that are kept; the agents of changed certificates go with their last use. */
export class HookCaller {
  readonly #store: Store;
  readonly #agents = new Map<string, Agent>();

  constructor(store: Store) {
    this.#store = store;
  }

  /** The parsed answer. Throws an Error that says why there is none. */
  async call(clientConfig: JsonObject, body: JsonObject, timeoutSeconds: number): Promise<Json> {
    const { url, connect } = this.#target(clientConfig);
    url.searchParams.set('timeout', `${timeoutSeconds}s`);
    const bundle = stringAt(clientConfig, 'caBundle');
    const options: RequestOptions = {
      method: 'POST',
      host: connect?.host ?? url.hostname.replace(/^\[|\]$/g, ''),
      port: connect?.port ?? (url.port === '' ? 443 : Number(url.port)),
      path: `${url.pathname}${url.search}`,
      agent: this.#agentFor(bundle, url.hostname),
      headers: { host: url.host, 'content-type': 'application/json', accept: 'application/json' },
    };
    try {
      return await post(options, JSON.stringify(body), timeoutSeconds * 1000);
    } catch (error) {
      const cause = error instanceof Error ? error.message || error.name : String(error);
      throw new Error(`failed to call webhook: Post ${JSON.stringify(url.toString())}: ${cause}`, { cause: error });
    }
  }

  close(): void {
    for (const agent of this.#agents.values()) agent.destroy();
    this.#agents.clear();
  }

  #agentFor(bundle: string, host: string): Agent {
    const key = `${host} ${bundle}`;
    let agent = this.#agents.get(key);
    if (!agent) {
      if (this.#agents.size >= 256) this.close();
      const isAddress = /^[\d.]+$|^\[/.test(host);
      const ca = bundle === '' ? undefined : Buffer.from(bundle, 'base64').toString();
      agent = new Agent({ keepAlive: true, maxSockets: 64, ca, ...(!isAddress && { servername: host }) });
      this.#agents.set(key, agent);
    }
    return agent;
  }

  #target(clientConfig: JsonObject): Target {
    const given = stringAt(clientConfig, 'url');
    if (given !== '') {
      const url = new URL(given);
      if (url.protocol !== 'https:') throw new Error(`webhook url ${given} must begin with https://`);
      return { url, connect: undefined };
    }
    const service = objectAt(clientConfig, 'service');
    const [namespace, name] = [stringAt(service, 'namespace'), stringAt(service, 'name')];
    const port = numberAt(service, 'port') ?? 443;
    const path = stringAt(service, 'path');
    const url = new URL(`https://${name}.${namespace}.svc:${port}`);
    url.pathname = path === '' ? '/' : path;
    return { url, connect: this.#addressOf(namespace, name, port) };
  }

  /** One of the service's ready endpoints; its own address where it has none that are listed. */
  #addressOf(namespace: string, name: string, port: number): { host: string; port: number } {
    const found = this.#store.get('services', namespace, name);
    if (!found) throw new Error(`service ${JSON.stringify(name)} not found`);
    const spec = objectAt(asJson(found.value), 'spec');
    if (spec.type === 'ExternalName') return { host: stringAt(spec, 'externalName'), port };
    const own = objectsAt(spec, 'ports').find((each) => each.port === port);
    if (!own) throw new Error(`no service port ${port} found for service ${JSON.stringify(name)}`);
    const ready = this.#store
      .list('discovery.k8s.io/endpointslices')
      .filter(
        ({ namespace: of, value }) =>
          of === namespace && value.metadata.labels?.['kubernetes.io/service-name'] === name,
      )
      .flatMap(({ value }) => {
        const slice = asJson(value);
        const target = objectsAt(slice, 'ports').find((each) => stringAt(each, 'name') === stringAt(own, 'name'));
        const targetPort = target && numberAt(target, 'port');
        if (targetPort === undefined) return [];
        return objectsAt(slice, 'endpoints')
          .filter((each) => objectAt(each, 'conditions').ready !== false)
          .flatMap((each) => (Array.isArray(each.addresses) ? each.addresses : []))
          .map((address) => ({ host: String(address), port: targetPort }));
      });
    const chosen = ready[Math.floor(Math.random() * ready.length)];
    if (chosen) return chosen;
    const address = stringAt(spec, 'clusterIP');
    if (address === '' || address === 'None')
      throw new Error(`no endpoints available for service ${JSON.stringify(name)}`);
    return { host: address, port };
  }
}

function post(options: RequestOptions, body: string, milliseconds: number): Promise<Json> {
  return new Promise((resolve, reject) => {
    const call = request({ ...options, headers: { ...options.headers, 'content-length': Buffer.byteLength(body) } });
    const timer = setTimeout(() => call.destroy(new Error('context deadline exceeded')), milliseconds);
    const fail = (error: Error) => {
      clearTimeout(timer);
      reject(error);
    };
    call.on('error', fail);
    call.on('response', (response) => {
      const chunks: Buffer[] = [];
      let size = 0;
      response.on('data', (chunk: Buffer) => {
        size += chunk.length;
        if (size > largestAnswer) call.destroy(new Error('the answer is too large'));
        else chunks.push(chunk);
      });
      response.on('error', fail);
      response.on('end', () => {
        clearTimeout(timer);
        const text = Buffer.concat(chunks).toString();
        const status = response.statusCode ?? 0;
        if (status < 200 || status > 299) {
          reject(new Error(`the server answered ${status}: ${text.slice(0, 1024).trim()}`));
          return;
        }
        try {
          resolve(JSON.parse(text));
        } catch {
          reject(new Error('the answer is not JSON'));
        }
      });
    });
    call.end(body);
  });
}
