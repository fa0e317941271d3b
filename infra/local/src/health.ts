import { connect as connectHttp2 } from 'node:http2';
import { connect, type Socket } from 'node:net';

/** Resolves where the thing answers as it should; throws with what was seen instead. */
export type Health = (signal: AbortSignal) => Promise<void>;

/** An HTTP answer of the status wanted (2xx unless told). */
export function httpHealth(url: string, status?: number): Health {
  return async (signal) => {
    const response = await fetch(url, { signal, redirect: 'manual' });
    const text = await response.text();
    const good = status === undefined ? response.ok : response.status === status;
    if (!good) throw new Error(`${url} answered ${response.status}: ${text.slice(0, 200)}`);
  };
}

/** Sends one line to a TCP or unix socket and looks at what comes back. */
export function lineHealth(
  address: { host: string; port: number } | { path: string },
  line: string,
  expected: RegExp,
): Health {
  return (signal) =>
    new Promise((resolve, reject) => {
      const socket = open(address);
      let seen = '';
      const end = (error?: Error) => {
        socket.destroy();
        signal.removeEventListener('abort', abort);
        error ? reject(error) : resolve();
      };
      const abort = () => end(new Error(`no answer (${describe(address)})`));
      signal.addEventListener('abort', abort);
      socket.once('error', (error) => end(error));
      socket.once('connect', () => socket.write(line));
      socket.on('data', (data) => {
        seen += data.toString('utf8');
        if (expected.test(seen)) end();
      });
      socket.once('end', () => end(new Error(`unexpected answer: ${seen.slice(0, 200)}`)));
    });
}

/** CRI's Version over gRPC on a unix socket: an empty message, whose answer's end carries grpc-status 0. */
export function criHealth(path: string): Health {
  return (signal) =>
    new Promise((resolve, reject) => {
      const session = connectHttp2('http://localhost', { createConnection: () => connect(path) });
      const end = (error?: Error) => {
        session.destroy();
        signal.removeEventListener('abort', abort);
        error ? reject(error) : resolve();
      };
      const abort = () => end(new Error(`no answer (${path})`));
      signal.addEventListener('abort', abort);
      session.once('error', (error) => end(error));
      const request = session.request({
        ':method': 'POST',
        ':path': '/runtime.v1.RuntimeService/Version',
        'content-type': 'application/grpc',
        te: 'trailers',
      });
      const check = (headers: Record<string, unknown>) => {
        const status = headers['grpc-status'];
        if (status !== undefined)
          end(`${status}` === '0' ? undefined : new Error(`CRI answered ${headers['grpc-message']}`));
      };
      request.once('error', (error) => end(error));
      request.on('response', check);
      request.on('trailers', check);
      request.resume();
      request.end(Buffer.alloc(5));
    });
}

/** As `health`, given up after some seconds: also where it does not heed the signal, as a fetch that was accepted early does. */
export async function checkWithin(health: Health, seconds: number): Promise<void> {
  const controller = new AbortController();
  const over = new Promise<never>((_, reject) => {
    controller.signal.addEventListener('abort', () => reject(controller.signal.reason));
  });
  const timer = setTimeout(() => controller.abort(), seconds * 1000);
  try {
    await Promise.race([health(controller.signal), over]);
  } catch (cause) {
    if (controller.signal.aborted) throw new Error(`no answer within ${seconds} s`, { cause });
    throw cause;
  } finally {
    clearTimeout(timer);
  }
}

function open(address: { host: string; port: number } | { path: string }): Socket {
  return 'path' in address ? connect(address.path) : connect(address.port, address.host);
}

function describe(address: { host: string; port: number } | { path: string }): string {
  return 'path' in address ? address.path : `${address.host}:${address.port}`;
}
