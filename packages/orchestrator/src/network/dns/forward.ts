import { createSocket } from 'node:dgram';
import { connect } from 'node:net';
import { decode } from 'dns-packet';
import type { Clock } from '../../runtime/index.js';

export interface Forwarder {
  /** The resolvers' answer to a raw query, with the query's own id; undefined when none answered. */
  ask(query: Buffer, overTcp: boolean): Promise<Buffer | undefined>;
}

const timeoutMs = 2000;
const mostCached = 2000;
const mostTtlSeconds = 30;

/** Asks the machine's resolvers in order, and remembers answers for at most half a minute. */
export function createForwarder(servers: readonly string[], clock: Clock): Forwarder {
  const cache = new Map<string, { answer: Buffer; untilMs: number }>();

  const remember = (key: string, answer: Buffer) => {
    const ttl = shortestTtl(answer);
    if (ttl <= 0) return;
    const [oldest] = cache.keys();
    if (cache.size >= mostCached && oldest !== undefined) cache.delete(oldest);
    cache.set(key, { answer, untilMs: clock.now() + Math.min(ttl, mostTtlSeconds) * 1000 });
  };

  return {
    async ask(query, overTcp) {
      // All but the id: question, flags and options must be the same for an answer to fit.
      const key = `${overTcp} ${query.toString('latin1', 2)}`;
      const known = cache.get(key);
      if (known && known.untilMs > clock.now()) return withId(known.answer, query);
      cache.delete(key);
      for (const server of servers) {
        const answer = await (overTcp ? askTcp(server, query) : askUdp(server, query)).catch(() => undefined);
        if (!answer) continue;
        remember(key, answer);
        return withId(answer, query);
      }
      return undefined;
    },
  };
}

function withId(answer: Buffer, query: Buffer): Buffer {
  const copy = Buffer.from(answer);
  query.copy(copy, 0, 0, 2);
  return copy;
}

/** 0 for what must not be kept: failures, truncated and unreadable answers. */
function shortestTtl(answer: Buffer): number {
  const code = answer[3]! & 15;
  const truncated = (answer[2]! & 2) !== 0;
  if (truncated || (code !== 0 && code !== 3)) return 0;
  try {
    const records = [...(decode(answer).answers ?? []), ...(decode(answer).authorities ?? [])];
    const ttls = records.map((one) => ('ttl' in one && typeof one.ttl === 'number' ? one.ttl : 0));
    return ttls.length === 0 ? 0 : Math.min(...ttls);
  } catch {
    return 0;
  }
}

function addressOf(server: string): { host: string; port: number } {
  const match = /^(.*)#(\d+)$/.exec(server);
  return match ? { host: match[1] ?? '', port: Number(match[2]) } : { host: server, port: 53 };
}

function askUdp(server: string, query: Buffer): Promise<Buffer | undefined> {
  const { host, port } = addressOf(server);
  return new Promise((resolve, reject) => {
    // A socket, and so a random source port, a question: answers of strangers do not fit.
    const socket = createSocket(host.includes(':') ? 'udp6' : 'udp4');
    const timer = setTimeout(() => finish(undefined), timeoutMs);
    const finish = (answer: Buffer | undefined) => {
      clearTimeout(timer);
      socket.close();
      resolve(answer);
    };
    socket.on('error', (error) => {
      clearTimeout(timer);
      socket.close();
      reject(error);
    });
    socket.on('message', (message) => {
      if (message.length >= 12 && message.readUInt16BE(0) === query.readUInt16BE(0)) finish(message);
    });
    socket.connect(port, host, () => socket.send(query));
  });
}

function askTcp(server: string, query: Buffer): Promise<Buffer | undefined> {
  const { host, port } = addressOf(server);
  return new Promise((resolve, reject) => {
    const socket = connect({ host, port, timeout: timeoutMs });
    let data = Buffer.alloc(0);
    socket.on('connect', () => socket.write(framed(query)));
    socket.on('timeout', () => socket.destroy());
    socket.on('error', reject);
    socket.on('close', () => resolve(undefined));
    socket.on('data', (chunk) => {
      data = Buffer.concat([data, chunk]);
      if (data.length < 2 || data.length < 2 + data.readUInt16BE(0)) return;
      resolve(data.subarray(2, 2 + data.readUInt16BE(0)));
      socket.destroy();
    });
  });
}

/** DNS over TCP puts the length before each message. */
export function framed(message: Buffer): Buffer {
  const head = Buffer.alloc(2);
  head.writeUInt16BE(message.length);
  return Buffer.concat([head, message]);
}
