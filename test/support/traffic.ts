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
}

/** Failures that no good answer to `/` came between; times by `performance.now()`. */
interface Gap {
  readonly from: number;
  readonly to: number;
  readonly failures: readonly string[];
}

interface Stopped {
  readonly count: number;
  readonly failures: readonly string[];
  readonly gaps: readonly Gap[];
  readonly slow: number;
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

/** Answers that were on their way together come in any order. */
const togetherMilliseconds = 500;

/** Asks steadily on kept connections; whatever is not a 200 of a release of docs/samples/gray is a failure. */
export function startTraffic(options: TrafficOptions): Traffic {
  const { port, url, clients = 8, pauseMilliseconds = 5, hasLong = true, slowMilliseconds = Infinity } = options;
  const everyMilliseconds = options.perSecond && (1000 * clients) / options.perSecond;
  const { host } = new URL(url);
  const agent = new Agent({ keepAlive: true, maxSockets: clients + 1 });
  const failures: string[] = [];
  const gaps: { from: number; to: number; failures: string[] }[] = [];
  let isBetween = true;
  const first = new Map<string, number>();
  const last = new Map<string, number>();
  let versions = new Map<string, number>();
  let count = 0;
  let slow = 0;
  let isOn = true;
  const fail = (what: string) => {
    const now = performance.now();
    const text = `${new Date().toISOString()} ${what}`;
    failures.push(text);
    const gap = gaps.at(-1);
    if (gap && !isBetween) {
      gap.to = now;
      gap.failures.push(text);
    } else gaps.push({ from: now, to: now, failures: [text] });
    isBetween = false;
  };
  const succeed = (version: string) => {
    const now = performance.now();
    if (!first.has(version)) first.set(version, now);
    last.set(version, now);
    if (now - (gaps.at(-1)?.to ?? now) > togetherMilliseconds) isBetween = true;
  };

  const ask = async (path: string) => {
    count += 1;
    const began = performance.now();
    try {
      const { statusCode, headers } = await answerOf({ port, host, path, agent });
      const version = String(headers['x-version'] ?? '');
      if (statusCode !== 200 || version === '') return fail(`${path} ${statusCode} of ${version || 'nobody'}`);
      if (performance.now() - began >= slowMilliseconds) slow += 1;
      versions.set(version, (versions.get(version) ?? 0) + 1);
      if (path === '/') succeed(version);
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
      const broken = await talk(port, host, () => isOn);
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
      return { count, failures, gaps, slow };
    },
  };
}

/**
 * What failed of a release that was put in another's place: 503s of the gateway while no pod was there are its gap and
 * left out, `most` of them (1).
 */
export function beyondGaps({ failures, gaps }: Stopped, most = 1): readonly string[] {
  const isGap = gaps.length <= most && gaps.every((gap) => gap.failures.every(isNobodyThere));
  return isGap ? [] : failures;
}

/** The gateway says that no pod is there. */
export const isNobodyThere = (failure: string): boolean =>
  /\/\w* 503 of nobody$|: answered HTTP\/1.1 503 /.test(failure);

/** Nobody was sent elsewhere or told anything: the connection broke, or none was accepted for a moment. */
export const isBroken = (failure: string): boolean => /ECONN|EPIPE|hang up|no answer/.test(failure);

function answerOf(options: { port: number; host: string; path: string; agent: Agent }): Promise<IncomingMessage> {
  const { port, host, path, agent } = options;
  return new Promise((resolve, reject) => {
    const asked = request({ host: '127.0.0.1', port, path, headers: { host }, agent, timeout: 10_000 }, (response) => {
      response.resume();
      response.on('end', () => resolve(response));
      response.on('error', reject);
    });
    asked.on('timeout', () => asked.destroy(new Error('no answer within 10 s')));
    asked.on('error', reject);
    asked.end();
  });
}

/** Talks over one upgraded connection until it is closed in order; gives what broke it otherwise. */
async function talk(port: number, host: string, isOn: () => boolean): Promise<string | undefined> {
  const socket = connect({ host: '127.0.0.1', port });
  const heard: Buffer[] = [];
  const ended = new Promise<string | undefined>((resolve) => {
    socket.on('error', (error) => resolve(error.message));
    socket.on('end', () => resolve(undefined));
    socket.on('data', (data) => heard.push(data));
  });
  const text = () => Buffer.concat(heard).toString('latin1');
  const within = async (isThere: () => boolean): Promise<'heard' | 'ended' | 'silent'> => {
    const deadline = performance.now() + 10_000;
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
      if (outcome === 'silent') return 'no echo within 10 s';
      heard.length = 0;
      await delay(100);
    }
    return undefined;
  } finally {
    socket.destroy();
  }
}
