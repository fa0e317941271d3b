import { connect as connectPlain, type Socket } from 'node:net';
import { connect as connectTls } from 'node:tls';

/** Where a lean client speaks to; without a certificate it speaks plain HTTP. */
export interface Target {
  readonly host: string;
  readonly port: number;
  readonly tls?: { readonly ca: string; readonly cert: string; readonly key: string };
}

export interface Answer {
  readonly status: number;
  readonly body: Buffer;
}

const headEnd = Buffer.from('\r\n\r\n');

export function openSocket({ host, port, tls }: Target): Promise<Socket> {
  return new Promise((resolve, reject) => {
    const socket: Socket = tls
      ? connectTls({ host, port, ...tls, servername: 'localhost', ALPNProtocols: ['http/1.1'] }, () => resolve(socket))
      : connectPlain({ host, port }, () => resolve(socket));
    socket.setNoDelay(true);
    socket.once('error', reject);
  });
}

export function requestBytes(method: string, path: string, body = '', type = 'application/json'): Buffer {
  const length = body === '' ? '' : `content-type: ${type}\r\ncontent-length: ${Buffer.byteLength(body)}\r\n`;
  return Buffer.from(
    `${method} ${path} HTTP/1.1\r\nhost: localhost\r\naccept: application/json\r\n${length}\r\n${body}`,
  );
}

/** One kept connection that asks one thing at a time and reads no more of an answer than it must. */
export class LeanClient {
  #parts: Buffer[] = [];
  #have = 0;
  #need = 0;
  #status = 0;
  #headBytes = 0;
  #resolve: ((answer: Answer) => void) | undefined;
  #reject: ((error: Error) => void) | undefined;

  private constructor(
    private readonly socket: Socket,
    /** Answers without their bytes: for long lists. */
    private readonly isDiscarding: boolean,
  ) {
    socket.on('data', (data: Buffer) => this.#onData(data));
    const fail = (error?: Error) => this.#reject?.(error ?? new Error('the connection was closed'));
    socket.on('error', fail);
    socket.on('close', () => fail());
  }

  static async open(target: Target, isDiscarding = false): Promise<LeanClient> {
    return new LeanClient(await openSocket(target), isDiscarding);
  }

  send(request: Buffer): Promise<Answer> {
    return new Promise((resolve, reject) => {
      this.#resolve = resolve;
      this.#reject = reject;
      this.socket.write(request);
    });
  }

  close(): void {
    this.#reject = undefined;
    this.socket.destroy();
  }

  #onData(data: Buffer): void {
    this.#have += data.length;
    if (this.#need > 0) {
      if (!this.isDiscarding) this.#parts.push(data);
    } else {
      this.#parts.push(data);
      const all = this.#parts.length === 1 ? data : Buffer.concat(this.#parts);
      const end = all.indexOf(headEnd);
      if (end < 0) return;
      const head = all.toString('latin1', 0, end);
      const length = /content-length: (\d+)/i.exec(head)?.[1];
      if (length === undefined) throw new Error(`an answer without a length: ${head}`);
      this.#status = Number(head.slice(9, 12));
      this.#headBytes = end + 4;
      this.#need = this.#headBytes + Number(length);
      this.#parts = [all];
    }
    if (this.#have < this.#need) return;
    const body = this.isDiscarding
      ? Buffer.alloc(0)
      : (this.#parts.length === 1 ? (this.#parts[0] ?? Buffer.alloc(0)) : Buffer.concat(this.#parts)).subarray(
          this.#headBytes,
        );
    const answer = { status: this.#status, body };
    this.#parts = [];
    this.#have = 0;
    this.#need = 0;
    this.#resolve?.(answer);
  }
}

/** Opens a watch and calls back with the number of whole events of each piece that arrives, and with the piece's text if wanted. */
export async function openWatch(
  target: Target,
  path: string,
  onEvents: (count: number) => void,
  onText?: (text: string) => void,
): Promise<Socket> {
  const socket = await openSocket(target);
  let last = 0;
  let isBegun = false;
  return new Promise((resolve, reject) => {
    socket.on('error', reject);
    socket.on('data', (data: Buffer) => {
      if (!isBegun) {
        isBegun = true;
        if (!data.toString('latin1', 0, 15).includes('200')) reject(new Error(data.toString()));
        resolve(socket);
      }
      // An event ends with `}` and a line feed; the frames of the chunks around them end otherwise.
      let count = 0;
      if (data[0] === 10 && last === 125) count++;
      for (let at = data.indexOf(10, 1); at > 0; at = data.indexOf(10, at + 1)) if (data[at - 1] === 125) count++;
      last = data[data.length - 1] ?? 0;
      if (count > 0) onEvents(count);
      onText?.(data.toString('latin1'));
    });
    socket.write(requestBytes('GET', path));
  });
}
