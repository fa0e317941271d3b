import { spawn } from 'node:child_process';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { basename, dirname } from 'node:path';
import { gitEnvironment } from './git-repository.js';

export interface GitRequest {
  readonly repository: string;
  /** After the repository: `/info/refs`, `/git-upload-pack`, `/git-receive-pack`. */
  readonly service: string;
  readonly query: string;
  readonly user: string;
  /** The machine's PATH. */
  readonly path: string;
  readonly pushDir?: string;
  /** Told the beginning of the request's body. */
  readonly onBody?: (beginning: Buffer) => void;
}

/** Runs `git http-backend` (CGI) for one request, streaming both ways. Resolves when the answer has ended. */
export function serveGit(request: IncomingMessage, response: ServerResponse, options: GitRequest): Promise<void> {
  const { headers } = request;
  const backend = spawn('git', ['http-backend'], {
    env: {
      ...gitEnvironment(options.path),
      GIT_PROJECT_ROOT: dirname(options.repository),
      GIT_HTTP_EXPORT_ALL: '1',
      PATH_INFO: `/${basename(options.repository)}${options.service}`,
      QUERY_STRING: options.query,
      REQUEST_METHOD: request.method,
      CONTENT_TYPE: headers['content-type'] ?? '',
      HTTP_CONTENT_ENCODING: headers['content-encoding'] ?? '',
      GIT_PROTOCOL: String(headers['git-protocol'] ?? ''),
      REMOTE_USER: options.user,
      ...(headers['content-length'] === undefined ? {} : { CONTENT_LENGTH: headers['content-length'] }),
      ...(options.pushDir === undefined ? {} : { SLIPWAY_PUSH_DIR: options.pushDir }),
    },
    stdio: ['pipe', 'pipe', 'ignore'],
  });
  return new Promise((resolve, reject) => {
    let head = Buffer.alloc(0);
    let isBody = false;
    const body = (chunk: Buffer): void => {
      if (!response.write(chunk)) {
        backend.stdout.pause();
        response.once('drain', () => backend.stdout.resume());
      }
    };
    backend.on('error', reject);
    backend.stdin.on('error', () => undefined);
    backend.stdout.on('data', (chunk: Buffer) => {
      if (isBody) return body(chunk);
      head = Buffer.concat([head, chunk]);
      const end = head.indexOf('\r\n\r\n');
      if (end < 0) return;
      isBody = true;
      writeHead(response, head.subarray(0, end).toString());
      body(head.subarray(end + 4));
    });
    backend.stdout.on('end', () => {
      if (!isBody) response.writeHead(500);
      response.end();
      resolve();
    });
    response.on('close', () => {
      if (!response.writableFinished) backend.kill();
      resolve();
    });
    if (options.onBody) request.once('data', options.onBody);
    request.pipe(backend.stdin);
  });
}

function writeHead(response: ServerResponse, text: string): void {
  let status = 200;
  for (const line of text.split('\r\n')) {
    const colon = line.indexOf(':');
    const [name, value] = [line.slice(0, colon), line.slice(colon + 1).trim()];
    if (name.toLowerCase() === 'status') status = Number(value.slice(0, 3));
    else response.setHeader(name, value);
  }
  response.writeHead(status);
}
