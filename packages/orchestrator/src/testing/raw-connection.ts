import { connect, type TLSSocket } from 'node:tls';
import type { KubeConnection } from '../client/index.js';

export interface RawAnswer {
  status: number;
  headers: Readonly<Record<string, string>>;
  /** Of an answer whose length was given; else what had come by then. */
  body: string;
}

/** A TLS connection on which a test writes what it wants, byte by byte. */
export interface RawConnection {
  readonly socket: TLSSocket;
  /** All that has come, a character a byte. */
  readonly received: string;
  write(text: string | Buffer): void;
  /** The next answer of HTTP/1.1; undefined when the connection ended without one. */
  answer(): Promise<RawAnswer | undefined>;
  /** Resolves when the other side has gone. */
  readonly closed: Promise<void>;
  end(): void;
}

/** Connects by HTTP/1.1 as whoever the connection's certificate says. */
export async function openRawConnection(connection: KubeConnection): Promise<RawConnection> {
  const { hostname, port } = new URL(connection.server);
  const { ca, certificate: cert, key } = connection;
  const socket = await new Promise<TLSSocket>((resolve, reject) => {
    const made = connect({ host: hostname, port: Number(port), ca, cert, key, ALPNProtocols: ['http/1.1'] }, () =>
      resolve(made),
    );
    made.once('error', reject);
  });
  let received = '';
  let read = 0;
  let isClosed = false;
  let wake = () => {};
  socket.removeAllListeners('error');
  socket.on('error', () => {});
  socket.on('data', (data: Buffer) => {
    received += data.toString('latin1');
    wake();
  });
  const closed = new Promise<void>((resolve) => {
    socket.on('close', () => {
      isClosed = true;
      resolve();
      wake();
    });
  });
  const more = () =>
    new Promise<void>((resolve) => {
      wake = resolve;
      if (isClosed) resolve();
    });
  return {
    socket,
    closed,
    get received() {
      return received;
    },
    write: (text) => void socket.write(text),
    end: () => socket.destroy(),
    answer: async () => {
      for (;;) {
        const end = received.indexOf('\r\n\r\n', read);
        if (end >= 0) {
          const [first = '', ...lines] = received.slice(read, end).split('\r\n');
          const headers = Object.fromEntries(
            lines.map((line) => [
              line.slice(0, line.indexOf(':')).toLowerCase(),
              line.slice(line.indexOf(':') + 1).trim(),
            ]),
          );
          const length = Number(headers['content-length'] ?? 0);
          while (received.length < end + 4 + length && !isClosed) await more();
          const body = received.slice(end + 4, end + 4 + length);
          read = end + 4 + length;
          return { status: Number(first.split(' ')[1]), headers, body: Buffer.from(body, 'latin1').toString() };
        }
        if (isClosed) return undefined;
        await more();
      }
    },
  };
}
