import { createSocket } from 'node:dgram';
import { decode, encode, type Packet } from 'dns-packet';

/** What a name answers when its TXT records are asked for: these records, each of one or more strings, or a failure. */
type Zone = readonly (string | readonly string[])[] | 'no-record' | 'server-failure' | 'refused' | 'silent' | 'garbage';

export interface TinyDns {
  /** For SLIPWAY_DNS_SERVERS. */
  readonly address: string;
  /** How often each name was asked for. */
  readonly asked: Map<string, number>;
  publish(name: string, zone: Zone): void;
  stop(): Promise<void>;
}

const rcodes = { 'server-failure': 2, refused: 5 } as const;

/** A DNS server on loopback that knows what tests publish, and of all else says that there is no such name. */
export async function startTinyDns(): Promise<TinyDns> {
  const zones = new Map<string, Zone>();
  const asked = new Map<string, number>();
  const socket = createSocket('udp4');
  socket.on('message', (message, from) => {
    const query = decode(message);
    const name = query.questions?.[0]?.name.toLowerCase() ?? '';
    asked.set(name, (asked.get(name) ?? 0) + 1);
    const zone = zones.get(name);
    if (zone === 'silent') return;
    const answer =
      zone === 'garbage' ? Buffer.concat([message.subarray(0, 2), Buffer.alloc(40, 0xff)]) : reply(query, name, zone);
    socket.send(answer, from.port, from.address);
  });
  await new Promise<void>((resolve) => socket.bind(0, '127.0.0.1', resolve));
  return {
    address: `127.0.0.1:${socket.address().port}`,
    asked,
    publish: (name, zone) => void zones.set(name.toLowerCase(), zone),
    stop: () => new Promise((resolve) => socket.close(() => resolve())),
  };
}

function reply({ id = 0, questions = [] }: Packet, name: string, zone: Zone | undefined): Buffer {
  const records = zone === undefined || typeof zone === 'string' ? [] : zone;
  const answers = records.map((record) => {
    const data = typeof record === 'string' ? record : [...record];
    return { type: 'TXT' as const, name, ttl: 1, data };
  });
  const rcode = zone === undefined ? 3 : zone === 'server-failure' || zone === 'refused' ? rcodes[zone] : 0;
  return encode({ type: 'response', id, flags: 0x0180 | rcode, questions, answers });
}
