import type { ServerResponse } from 'node:http';
import type { Socket } from 'node:net';

const lineFeed = Buffer.from('\r\n');
/** So much may wait in a connection before its watcher counts as slow, and is no longer given what all the others are given. */
const aheadBytes = 128 * 1024;

/** Lines of a watch, with the frame around them that HTTP/1.1 wants of a chunk: made once for all who are given the same. */
export class Lines {
  readonly #chunk: Buffer;
  readonly #start: number;

  constructor(parts: readonly Buffer[]) {
    let size = 0;
    for (const part of parts) size += part.length;
    const head = Buffer.from(`${size.toString(16)}\r\n`, 'latin1');
    this.#chunk = Buffer.concat([head, ...parts, lineFeed], head.length + size + lineFeed.length);
    this.#start = head.length;
  }

  get chunk(): Buffer {
    return this.#chunk;
  }

  get text(): Buffer {
    return this.#chunk.subarray(this.#start, this.#chunk.length - lineFeed.length);
  }
}

/** Where a watch writes to, once its headers are on their way. */
export class WatchOutput {
  /** The connection under an answer over HTTP/1.1 whose turn has come. */
  readonly #socket: Socket | undefined;

  constructor(
    readonly response: ServerResponse,
    onDrain: () => void,
  ) {
    const { socket, req } = response;
    // A response makes four writes of a chunk, and two hundred watchers get each; the connection takes the whole chunk as it is.
    const isChunked = req.httpVersionMajor === 1 && req.method !== 'HEAD' && response.chunkedEncoding;
    this.#socket = isChunked && socket ? socket : undefined;
    if (!this.#socket) response.on('drain', onDrain);
    else {
      const connection = this.#socket.on('drain', onDrain);
      response.once('close', () => connection.off('drain', onDrain));
    }
  }

  /** False when the client does not take it as fast as it comes: `onDrain` tells when it has. */
  write(lines: Lines): boolean {
    if (!this.#socket) return this.response.write(lines.text);
    return this.#socket.write(lines.chunk) || this.#socket.writableLength <= aheadBytes;
  }
}
