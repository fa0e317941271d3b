import { createSocket } from 'node:dgram';
import { createServer, type Socket } from 'node:net';
import {
  type Answer,
  AUTHORITATIVE_ANSWER,
  decode,
  encode,
  type Packet,
  RECURSION_AVAILABLE,
  TRUNCATED_RESPONSE,
} from 'dns-packet';
import type { Logger, Stoppable } from '../../runtime/index.js';
import { type Forwarder, framed } from './forward.js';
import { type DnsData, type DnsRecord, resolveName } from './records.js';

export interface DnsServerOptions {
  readonly address: string;
  readonly port: number;
  readonly data: DnsData;
  readonly forwarder: Forwarder;
  readonly log: Logger;
}

const ttlSeconds = 5;
const plainUdpBytes = 512;
const mostUdpBytes = 1232;
const edns: Answer = {
  type: 'OPT',
  name: '.',
  udpPayloadSize: mostUdpBytes,
  extendedRcode: 0,
  ednsVersion: 0,
  flags: 0,
  flag_do: false,
  options: [],
};
const codes = { NOERROR: 0, SERVFAIL: 2, NXDOMAIN: 3 } as const;

/** The cluster's DNS over UDP and TCP. */
export async function startDnsServer(options: DnsServerOptions): Promise<Stoppable> {
  const { address, port, log } = options;
  const udp = createSocket('udp4');
  udp.on('message', (query, from) => {
    answer(query, false, options)
      .then((reply) => reply && udp.send(reply, from.port, from.address))
      .catch((error: unknown) => log.debug({ error }, 'a DNS question was not answered'));
  });
  const sockets = new Set<Socket>();
  const tcp = createServer((socket) => {
    sockets.add(socket);
    socket.setTimeout(10_000, () => socket.destroy());
    socket.on('error', () => socket.destroy()).on('close', () => sockets.delete(socket));
    let data = Buffer.alloc(0);
    socket.on('data', (chunk) => {
      data = Buffer.concat([data, chunk]);
      while (data.length >= 2 && data.length >= 2 + data.readUInt16BE(0)) {
        const length = data.readUInt16BE(0);
        const query = Buffer.from(data.subarray(2, 2 + length));
        data = data.subarray(2 + length);
        answer(query, true, options)
          .then((reply) => reply && socket.writable && socket.write(framed(reply)))
          .catch((error: unknown) => log.debug({ error }, 'a DNS question was not answered'));
      }
    });
  });
  await new Promise<void>((resolve, reject) => {
    udp.once('error', reject);
    udp.bind(port, address, resolve);
  });
  udp.removeAllListeners('error').on('error', (error) => log.warn({ error }, 'the DNS socket failed'));
  await new Promise<void>((resolve, reject) => {
    tcp.once('error', reject);
    tcp.listen(port, address, resolve);
  });
  return {
    stop: async () => {
      for (const socket of sockets) socket.destroy();
      await Promise.all([
        new Promise<void>((resolve) => udp.close(() => resolve())),
        new Promise<void>((resolve) => tcp.close(() => resolve())),
      ]);
    },
  };
}

async function answer(query: Buffer, overTcp: boolean, options: DnsServerOptions): Promise<Buffer | undefined> {
  let packet: Packet;
  try {
    packet = decode(query);
  } catch {
    return undefined;
  }
  const [question] = packet.questions ?? [];
  if (packet.type !== 'query' || !question) return undefined;
  const reply = resolveName(question.name, question.type, options.data);
  if (reply === 'forward') {
    return (await options.forwarder.ask(query, overTcp)) ?? encodeReply(packet, codes.SERVFAIL, [], []);
  }
  let answers = [...reply.answers];
  const [alias] = answers;
  if (alias?.type === 'CNAME' && (question.type === 'A' || question.type === 'AAAA')) {
    answers = [...answers, ...(await follow(alias.target, question.type, overTcp, options))];
  }
  const encoded = encodeReply(packet, codes[reply.code], answers, reply.additionals);
  if (overTcp || encoded.length <= udpLimit(packet)) return encoded;
  return encodeReply(packet, codes[reply.code], [], [], TRUNCATED_RESPONSE);
}

/** Resolvers expect the address of an alias in the same answer. */
async function follow(
  target: string,
  type: 'A' | 'AAAA',
  overTcp: boolean,
  options: DnsServerOptions,
): Promise<DnsRecord[]> {
  const inside = resolveName(target, type, options.data);
  if (inside !== 'forward') return [...inside.answers];
  const query = encode({ type: 'query', id: 1, flags: 256, questions: [{ type, name: target, class: 'IN' }] });
  const answered = await options.forwarder.ask(query, overTcp);
  if (!answered) return [];
  return (decode(answered).answers ?? []).flatMap((one): DnsRecord[] => {
    if (one.type === 'A') return [{ type: 'A', name: one.name, address: one.data }];
    if (one.type === 'CNAME') return [{ type: 'CNAME', name: one.name, target: one.data }];
    return [];
  });
}

function encodeReply(
  query: Packet,
  code: number,
  answers: readonly DnsRecord[],
  additionals: readonly DnsRecord[],
  flags = 0,
): Buffer {
  const wantsRecursion = (query.flags ?? 0) & 256;
  const hasEdns = query.additionals?.some((one) => one.type === 'OPT') === true;
  return encode({
    type: 'response',
    id: query.id,
    flags: AUTHORITATIVE_ANSWER | RECURSION_AVAILABLE | wantsRecursion | flags | code,
    questions: query.questions,
    answers: answers.map(toAnswer),
    additionals: [...additionals.map(toAnswer), ...(hasEdns ? [edns] : [])],
  });
}

function toAnswer(record: DnsRecord): Answer {
  const { name } = record;
  switch (record.type) {
    case 'A':
      return { type: 'A', name, ttl: ttlSeconds, data: record.address };
    case 'CNAME':
      return { type: 'CNAME', name, ttl: ttlSeconds, data: record.target };
    case 'PTR':
      return { type: 'PTR', name, ttl: ttlSeconds, data: record.target };
    case 'SRV':
      return {
        type: 'SRV',
        name,
        ttl: ttlSeconds,
        data: { target: record.target, port: record.port, priority: 0, weight: 100 },
      };
  }
}

function udpLimit(query: Packet): number {
  const option = query.additionals?.find((one) => one.type === 'OPT');
  const offered = option && 'udpPayloadSize' in option ? option.udpPayloadSize : plainUdpBytes;
  return Math.max(plainUdpBytes, Math.min(offered, mostUdpBytes));
}
