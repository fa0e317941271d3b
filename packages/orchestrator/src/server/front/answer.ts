import type { OutgoingHttpHeaders, ServerResponse } from 'node:http';
import { promisify } from 'node:util';
import { gzip } from 'node:zlib';
import type { JsonObject } from '../../kinds/index.js';

const compress = promisify(gzip);
/** Below this, packing costs more than it saves. */
const compressFromBytes = 128 * 1024;

const json = { 'content-type': 'application/json', 'cache-control': 'no-cache, private' };

export function sendJson(response: ServerResponse, code: number, body: Buffer | JsonObject): void {
  const bytes = Buffer.isBuffer(body) ? body : Buffer.from(JSON.stringify(body));
  sendBytes(response, code, json, bytes);
}

/** Sends an answer, packed when it is large and the client takes it so. */
export function sendBytes(response: ServerResponse, code: number, headers: OutgoingHttpHeaders, bytes: Buffer): void {
  if (bytes.length < compressFromBytes || !takesGzip(response)) {
    response.writeHead(code, { ...headers, 'content-length': bytes.length });
    response.end(bytes);
    return;
  }
  compress(bytes, { level: 1 }).then(
    (packed) => {
      if (response.destroyed || response.headersSent) return;
      const vary = [response.getHeader('vary') ?? headers.vary ?? [], 'Accept-Encoding'].flat().join(', ');
      response.writeHead(code, {
        ...headers,
        vary,
        'content-encoding': 'gzip',
        'content-length': packed.length,
      });
      response.end(packed);
    },
    () => response.destroy(),
  );
}

export function takesGzip(response: ServerResponse): boolean {
  const offered = response.req.headers['accept-encoding'];
  return typeof offered === 'string' && /(^|[\s,])gzip\s*(,|$|;(?!\s*q=0(\.0*)?\s*(,|$)))/.test(offered);
}
