import { Agent, request } from 'node:http';
import { setTimeout as delay } from 'node:timers/promises';

export interface Answer {
  readonly status: number;
  readonly body: string;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
}

interface Ask {
  readonly port: number;
  /** An application's URL; its host goes into the Host header, the connection to loopback. */
  readonly url: string;
  readonly path?: string;
  readonly method?: string;
  readonly body?: string;
  readonly agent?: Agent;
  readonly headers?: Readonly<Record<string, string>>;
}

/** One request through the gateway. */
export function askGateway({
  port,
  url,
  path = '/',
  method = 'GET',
  body,
  agent,
  headers: more,
}: Ask): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const headers: Record<string, string> = { ...more, host: new URL(url).host };
    if (body !== undefined) headers['content-type'] = 'application/x-www-form-urlencoded';
    const asked = request({ host: '127.0.0.1', port, path, method, headers, agent, timeout: 10_000 }, (response) => {
      let text = '';
      response.setEncoding('utf8').on('data', (chunk: string) => {
        text += chunk;
      });
      response.on('end', () => resolve({ status: response.statusCode ?? 0, body: text, headers: response.headers }));
      response.on('error', reject);
    });
    asked.on('timeout', () => asked.destroy(new Error('no answer within 10 s')));
    asked.on('error', reject);
    asked.end(body);
  });
}

export interface Load {
  /** Ends the load and answers what happened. */
  stop(): Promise<{ count: number; failures: string[]; bodies: Set<string> }>;
}

/** Asks steadily on several kept-alive connections and notes every answer that is not 200. */
export function startLoad(options: Ask & { connections?: number; pauseMilliseconds?: number }): Load {
  const { connections = 8, pauseMilliseconds = 5 } = options;
  const agent = new Agent({ keepAlive: true, maxSockets: connections });
  const failures: string[] = [];
  const bodies = new Set<string>();
  let count = 0;
  let isOn = true;
  const workers = Array.from({ length: connections }, async () => {
    while (isOn) {
      count += 1;
      try {
        const { status, body } = await askGateway({ ...options, agent });
        if (status === 200) bodies.add(body);
        else failures.push(`${new Date().toISOString()} ${status} ${body.slice(0, 100)}`);
      } catch (error) {
        failures.push(`${new Date().toISOString()} ${error instanceof Error ? error.message : error}`);
      }
      await delay(pauseMilliseconds);
    }
  });
  return {
    async stop() {
      isOn = false;
      await Promise.all(workers);
      agent.destroy();
      return { count, failures, bodies };
    },
  };
}
