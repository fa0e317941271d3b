import type { ClientRequest } from 'node:http';
import { request as httpsRequest, type RequestOptions } from 'node:https';
import type { Store } from '../../store/index.js';
import type { User } from '../authentication.js';
import { locateService } from '../streams/http-proxy.js';
import { type FrontProxy, headersOfUser } from './front-proxy.js';
import type { RemoteService } from './remote-services.js';

const largestDocument = 32 * 1024 * 1024;
/** As which the server itself asks: it may read what every API server serves. */
const aggregator: User = { name: 'system:kube-aggregator', groups: ['system:masters'] };

/** Reaches the servers behind APIServices. */
export interface Connector {
  /** A request that has not been sent yet, with the user's headers. Throws 503 where the service has no endpoint. */
  open(remote: RemoteService, user: User, options: Pick<RequestOptions, 'method' | 'path' | 'headers'>): ClientRequest;
  /** What a document of the server holds, whatever its status. Rejects with the reason there is none. */
  fetch(remote: RemoteService, path: string, accept: string, milliseconds: number): Promise<Answer>;
}

export interface Answer {
  readonly status: number;
  /** `https://127.0.0.1:8443/apis/…`: for people. */
  readonly url: string;
  readonly body: Buffer;
}

export function createConnector(store: Store, { identity }: FrontProxy): Connector {
  const open: Connector['open'] = (remote, user, { method = 'GET', path, headers }) => {
    const { namespace, name, port } = remote.service;
    const { host, port: target } = locateService(store, namespace, name, port);
    const servername = `${name}.${namespace}.svc`;
    return httpsRequest({
      method,
      path,
      host,
      port: target,
      servername,
      agent: false,
      headers: { ...headers, ...headersOfUser(user), host: servername },
      cert: identity.certificate,
      key: identity.key,
      ...(remote.caBundle !== '' && { ca: remote.caBundle }),
      rejectUnauthorized: !remote.isUnverified,
    });
  };
  return {
    open,
    fetch: (remote, path, accept, milliseconds) =>
      new Promise((resolve, reject) => {
        const asked = open(remote, aggregator, { path, headers: { accept } });
        const url = `${asked.protocol}//${asked.host}${path}`;
        const timer = setTimeout(() => asked.destroy(new Error('context deadline exceeded')), milliseconds);
        asked.on('response', (answer) => {
          const chunks: Buffer[] = [];
          let size = 0;
          answer.on('data', (chunk: Buffer) => {
            size += chunk.length;
            if (size > largestDocument) asked.destroy(new Error('the answer is too large'));
            else chunks.push(chunk);
          });
          answer.on('end', () => resolve({ status: answer.statusCode ?? 0, url, body: Buffer.concat(chunks) }));
          answer.on('error', reject);
        });
        asked.on('error', (error) => reject(new Error(`${url}: ${error.message}`, { cause: error })));
        asked.on('close', () => clearTimeout(timer));
        asked.end();
      }),
  };
}
