import type { Duplex } from 'node:stream';

/** Control frames of SPDY/3.1 that matter here. */
const frame = { synStream: 1, reset: 3, ping: 6, goAway: 7 };
const finFlag = 1;
const maxFrameBytes = 1024 * 1024;
const chunkBytes = 32 * 1024;

export interface SpdyStream {
  /** False: wait for the connection's `drain` before the next write. */
  write(data: Buffer): boolean;
  /** Closes our half; the other side may go on. */
  end(): void;
}

export interface SpdyStreamHandlers {
  data(data: Buffer): void;
  end(): void;
}

export interface SpdyConnection {
  open(headers: Readonly<Record<string, string>>, handlers: SpdyStreamHandlers): SpdyStream;
  pause(): void;
  resume(): void;
  close(): void;
}

/**
 * As much of a SPDY/3.1 client as the container runtimes' streaming servers speak to: streams with headers, data and half-closing;
 * neither side of them uses flow control. Header blocks go out as stored zlib blocks, without the protocol's dictionary, which a
 * reader must bear; those that come in are answers that say nothing and are skipped.
 */
export function openSpdy(socket: Duplex, head: Buffer, onClose: (error?: Error) => void): SpdyConnection {
  const streams = new Map<number, SpdyStreamHandlers>();
  let nextId = 1;
  let isFirstBlock = true;
  let pending: Buffer = Buffer.alloc(0);
  let isClosed = false;

  const close = (error?: Error) => {
    if (isClosed) return;
    isClosed = true;
    for (const each of streams.values()) each.end();
    streams.clear();
    socket.destroy();
    onClose(error);
  };

  function headerBlock(headers: Readonly<Record<string, string>>): Buffer {
    const entries = Object.entries(headers);
    const parts = [uint32(entries.length)];
    for (const [name, value] of entries)
      for (const text of [name.toLowerCase(), value]) parts.push(uint32(Buffer.byteLength(text)), Buffer.from(text));
    const block = Buffer.concat(parts);
    const stored = Buffer.alloc(5);
    stored.writeUInt16LE(block.length, 1);
    stored.writeUInt16LE(~block.length & 0xffff, 3);
    // The empty stored block at the end is a flush: it lets the reader have all that came before.
    const zlibHead = isFirstBlock ? Buffer.from([0x78, 0x01]) : Buffer.alloc(0);
    isFirstBlock = false;
    return Buffer.concat([zlibHead, stored, block, Buffer.from([0, 0, 0, 0xff, 0xff])]);
  }

  function endOf(id: number): void {
    const handlers = streams.get(id);
    streams.delete(id);
    handlers?.end();
  }

  function control(type: number, body: Buffer): void {
    if (type === frame.ping) socket.write(controlFrame(frame.ping, 0, body));
    else if (type === frame.reset && body.length >= 4) endOf(body.readUInt32BE(0) & 0x7fffffff);
    else if (type === frame.goAway) close();
  }

  function read(chunk: Buffer): void {
    pending = pending.length === 0 ? chunk : Buffer.concat([pending, chunk]);
    while (pending.length >= 8 && !isClosed) {
      const length = pending.readUInt32BE(4) & 0xffffff;
      if (length > maxFrameBytes) {
        close(new Error('the node sent a frame that is too long'));
        return;
      }
      if (pending.length < 8 + length) return;
      const first = pending.readUInt32BE(0);
      const flags = pending.readUInt8(4);
      const body = pending.subarray(8, 8 + length);
      pending = pending.subarray(8 + length);
      if (first >>> 31 === 1) control(first & 0xffff, body);
      else {
        if (body.length > 0) streams.get(first)?.data(body);
        if ((flags & finFlag) !== 0) endOf(first);
      }
    }
  }

  socket.on('data', read);
  socket.on('error', close);
  socket.on('end', () => close());
  socket.on('close', () => close());
  if (head.length > 0) read(head);

  return {
    open: (headers, handlers) => {
      const id = nextId;
      nextId += 2;
      streams.set(id, handlers);
      const fixed = Buffer.alloc(10);
      fixed.writeUInt32BE(id, 0);
      socket.write(controlFrame(frame.synStream, 0, Buffer.concat([fixed, headerBlock(headers)])));
      let isEnded = false;
      return {
        write: (data) => {
          if (isEnded || isClosed) return true;
          let canGoOn = true;
          for (let at = 0; at < data.length; at += chunkBytes)
            canGoOn = socket.write(dataFrame(id, 0, data.subarray(at, at + chunkBytes)));
          return canGoOn;
        },
        end: () => {
          if (isEnded || isClosed) return;
          isEnded = true;
          socket.write(dataFrame(id, finFlag, Buffer.alloc(0)));
        },
      };
    },
    pause: () => socket.pause(),
    resume: () => socket.resume(),
    close: () => close(),
  };
}

function uint32(value: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32BE(value);
  return bytes;
}

function controlFrame(type: number, flags: number, body: Buffer): Buffer {
  return Buffer.concat([uint32((0x80030000 | type) >>> 0), uint32(((flags << 24) | body.length) >>> 0), body]);
}

function dataFrame(id: number, flags: number, body: Buffer): Buffer {
  return Buffer.concat([uint32(id), uint32(((flags << 24) | body.length) >>> 0), body]);
}
