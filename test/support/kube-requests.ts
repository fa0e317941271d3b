import { request as httpsRequest, type RequestOptions } from 'node:https';
import { KubeConfig } from '@kubernetes/client-node';
import { inject } from 'vitest';

/** Any JSON answer of the API. */
export interface Body {
  [key: string]: unknown;
  kind?: string;
  reason?: string;
  message?: string;
  metadata?: { resourceVersion?: string; continue?: string; remainingItemCount?: number; [key: string]: unknown };
  items?: Body[];
}

export interface Answer {
  status: number;
  headers: Readonly<Record<string, string | string[] | undefined>>;
  body: Body;
  text: string;
}

export interface WatchLine {
  type: string;
  object: Body;
}

/** What the API answers to plain requests, without a client library's opinion between. */
export interface KubeRequests {
  send(method: string, path: string, body?: unknown, headers?: Readonly<Record<string, string>>): Promise<Answer>;
  /** Reads a watch until `isEnough` says so or the server ends it. */
  watch(path: string, isEnough: (lines: readonly WatchLine[]) => boolean): Promise<WatchLine[]>;
}

/** Speaks as the user of the kubeconfig under test. */
export function createKubeRequests(): KubeRequests {
  const config = new KubeConfig();
  config.loadFromFile(inject('kubeconfig'));
  const server = new URL(config.getCurrentCluster()?.server ?? '');

  async function optionsOf(method: string, path: string, headers: Readonly<Record<string, string>>) {
    const options: RequestOptions = { host: server.hostname, port: server.port, path, method, headers: { ...headers } };
    await config.applyToHTTPSOptions(options);
    return options;
  }

  return {
    async send(method, path, body, headers = {}) {
      const content = body === undefined || typeof body === 'string' ? body : JSON.stringify(body);
      const type: Record<string, string> =
        content === undefined
          ? {}
          : { 'content-type': 'application/json', 'content-length': String(Buffer.byteLength(content)) };
      const options = await optionsOf(method, path, { ...type, ...headers });
      return new Promise((resolve, reject) => {
        const call = httpsRequest(options, (answer) => {
          let text = '';
          answer.setEncoding('utf8');
          answer.on('data', (chunk: string) => {
            text += chunk;
          });
          answer.on('error', reject);
          answer.on('end', () => {
            const isJson = String(answer.headers['content-type']).includes('json');
            const parsed = isJson && text !== '' ? (JSON.parse(text) as Body) : {};
            resolve({ status: answer.statusCode ?? 0, headers: answer.headers, body: parsed, text });
          });
        });
        call.on('error', reject);
        call.end(content);
      });
    },
    async watch(path, isEnough) {
      const options = await optionsOf('GET', path, {});
      return new Promise((resolve, reject) => {
        const lines: WatchLine[] = [];
        const call = httpsRequest(options, (answer) => {
          let rest = '';
          answer.setEncoding('utf8');
          answer.on('data', (chunk: string) => {
            const parts = (rest + chunk).split('\n');
            rest = parts.pop() ?? '';
            for (const part of parts) if (part !== '') lines.push(JSON.parse(part) as WatchLine);
            if (isEnough(lines)) {
              resolve(lines);
              call.destroy();
            }
          });
          answer.on('error', () => resolve(lines));
          answer.on('end', () => resolve(lines));
        });
        call.on('error', reject);
        call.end();
      });
    },
  };
}
