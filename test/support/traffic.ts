import { Agent, type IncomingMessage, request } from 'node:http';
import { connect } from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';

export interface TrafficOptions {
  readonly port: number;
  /** An application's URL; its host goes into the Host header, the connection to loopback. */
  readonly url: string;
  readonly clients?: number;
  /** Between two requests of one client, from the answer on. */
  readonly pauseMilliseconds?: number;
  /** So many requests in all, by a clock: a client that was answered late asks at once until it is in time again. */
  readonly perSecond?: number;
  /** A client that asks what takes two seconds, and one that talks over an upgraded connection. */
  readonly hasLong?: boolean;
  /** An answer that takes so long is counted as slow. */
  readonly slowMilliseconds?: number;
  /** Who has no answer by then has failed (10,000). */
  readonly patienceMilliseconds?: number;
}

interface Stopped {
  readonly count: number;
  readonly failures: readonly string[];
  readonly slow: number;
  /** What the good answer to `/` that took longest took. */
  readonly longestMilliseconds: number;
}

export interface Traffic {
  /** Answers by the release that gave them, since the last call. */
  take(): ReadonlyMap<string, number>;
  /** When the release last gave an answer that it did not think about, by `performance.now()`. */
  lastOf(version: string): number | undefined;
  /** The same of its first answer. */
  firstOf(version: string): number | undefined;
  stop(): Promise<Stopped>;
}

/** Asks steadily on kept connections; whatever is not a 200 of a release of docs/samples/gray is a failure. */
export function startTraffic(options: TrafficOptions): Traffic {
  const { port, url, clients = 8, pauseMilliseconds = 5, hasLong = true } = options;
  const { slowMilliseconds = Infinity, patienceMilliseconds: patience = 10_000 } = options;
  const everyMilliseconds = options.perSecond && (1000 * clients) / options.perSecond;
  const { host } = new URL(url);
  const agent = new Agent({ keepAlive: true, maxSockets: clients + 1 });
  const failures: string[] = [];
  const first = new Map<string, number>();
  const last = new Map<string, number>();
  let versions = new Map<string, number>();
  let count = 0;
  let slow = 0;
  let longestMilliseconds = 0;
  let isOn = true;
  const fail = (what: string) => void failures.push(`${new Date().toISOString()} ${what}`);
  const succeed = (version: string) => {
    const now = performance.now();
    if (!first.has(version)) first.set(version, now);
    last.set(version, now);
  };

  const ask = async (path: string) => {
    count += 1;
    const began = performance.now();
    try {
      const { statusCode, headers } = await answerOf({ port, host, path, agent, patience });
      const version = String(headers['x-version'] ?? '');
      if (statusCode !== 200 || version === '') return fail(`${path} ${statusCode} of ${version || 'nobody'}`);
      const took = performance.now() - began;
      if (took >= slowMilliseconds) slow += 1;
      versions.set(version, (versions.get(version) ?? 0) + 1);
      if (path !== '/') return;
      longestMilliseconds = Math.max(longestMilliseconds, took);
      succeed(version);
    } catch (error) {
      fail(`${path} ${error instanceof Error ? error.message : error}`);
    }
  };
  const askOn = async (path: string) => {
    while (isOn) {
      await ask(path);
      await delay(pauseMilliseconds);
    }
  };
  const askInTime = async (first: number, every: number) => {
    for (let due = first; isOn; due += every) {
      const early = due - performance.now();
      if (early > 0) await delay(early);
      await ask('/');
    }
  };
  const talkOn = async () => {
    while (isOn) {
      const broken = await talk(port, host, patience, () => isOn);
      if (broken) fail(`upgraded connection: ${broken}`);
      await delay(pauseMilliseconds);
    }
  };
  const began = performance.now();
  const users = Array.from({ length: clients }, (_, index) =>
    everyMilliseconds ? askInTime(began + (everyMilliseconds * index) / clients, everyMilliseconds) : askOn('/'),
  );
  const work = [...users, ...(hasLong ? [askOn('/slow'), talkOn()] : [])];
  return {
    take: () => {
      const taken = versions;
      versions = new Map();
      return taken;
    },
    lastOf: (version) => last.get(version),
    firstOf: (version) => first.get(version),
    stop: async () => {
      isOn = false;
      await Promise.all(work);
      agent.destroy();
      return { count, failures, slow, longestMilliseconds };
    },
  };
}

/** Nobody was sent elsewhere or told anything: the connection broke, or none was accepted for a moment. */
export const isBroken = (failure: string): boolean => /ECONN|EPIPE|hang up|no answer/.test(failure);

interface Asked {
  readonly port: number;
  readonly host: string;
  readonly path: string;
  readonly agent: Agent;
  readonly patience: number;
}

function answerOf({ port, host, path, agent, patience }: Asked): Promise<IncomingMessage> {
  return new Promise((resolve, reject) => {
    const asked = request(
      { host: '127.0.0.1', port, path, headers: { host }, agent, timeout: patience },
      (response) => {
        response.resume();
        response.on('end', () => resolve(response));
        response.on('error', reject);
      },
    );
    asked.on('timeout', () => asked.destroy(new Error(`no answer within ${patience / 1000} s`)));
    asked.on('error', reject);
    asked.end();
  });
}

/** Talks over one upgraded connection until it is closed in order; gives what broke it otherwise. */
async function talk(port: number, host: string, patience: number, isOn: () => boolean): Promise<string | undefined> {
  const socket = connect({ host: '127.0.0.1', port });
  const heard: Buffer[] = [];
  const ended = new Promise<string | undefined>((resolve) => {
    socket.on('error', (error) => resolve(error.message));
    socket.on('end', () => resolve(undefined));
    socket.on('data', (data) => heard.push(data));
  });
  const text = () => Buffer.concat(heard).toString('latin1');
  const within = async (isThere: () => boolean): Promise<'heard' | 'ended' | 'silent'> => {
    const deadline = performance.now() + patience;
    while (performance.now() < deadline) {
      if (isThere()) return 'heard';
      if (await Promise.race([ended.then(() => true), delay(5, false)])) return 'ended';
    }
    return 'silent';
  };
  socket.write(`GET /talk HTTP/1.1\r\nhost: ${host}\r\nconnection: upgrade\r\nupgrade: echo\r\n\r\n`);
  try {
    if ((await within(() => text().includes('\r\n\r\n'))) !== 'heard') return (await ended) ?? 'no answer';
    if (!text().startsWith('HTTP/1.1 101 ')) return `answered ${text().slice(0, 20)}`;
    for (let turn = 0; isOn(); turn += 1) {
      const word = `turn-${turn};`;
      socket.write(word);
      const outcome = await within(() => text().endsWith(word));
      if (outcome === 'ended') return await ended;
      if (outcome === 'silent') return `no echo within ${patience / 1000} s`;
      heard.length = 0;
      await delay(100);
    }
    return undefined;
  } finally {
    socket.destroy();
  }
}
