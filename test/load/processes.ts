import { readdirSync, readFileSync } from 'node:fs';

/** Linux counts processor time in hundredths of a second. */
const tickMicroseconds = 10_000;

/** Resident megabytes of a process. */
export function residentMb(pid: number): number {
  const pages = Number(readFileSync(`/proc/${pid}/statm`, 'utf8').split(' ')[1]);
  return (pages * 4096) / 1e6;
}

interface Stat {
  parent: number;
  /** Processor time of the process and of those of its children that have ended, in microseconds. */
  used: number;
}

function statOf(pid: number | string): Stat | undefined {
  try {
    const text = readFileSync(`/proc/${pid}/stat`, 'utf8');
    // The name before it may hold anything.
    const fields = text.slice(text.lastIndexOf(')') + 2).split(' ');
    const ticks = fields.slice(11, 15).reduce((sum, each) => sum + Number(each), 0);
    return { parent: Number(fields[1]), used: ticks * tickMicroseconds };
  } catch {
    return undefined;
  }
}

/** Processor time in microseconds of a process and its children. */
function usedBy(pid: number): number {
  let sum = statOf(pid)?.used ?? 0;
  for (const name of readdirSync('/proc')) {
    if (!/^\d+$/.test(name)) continue;
    const stat = statOf(name);
    if (stat?.parent === pid) sum += stat.used;
  }
  return sum;
}

/** Processor time in microseconds of the three that share the machine. */
export interface Usage {
  server: number;
  database: number;
  client: number;
}

/** Begins to measure; what it gives ends it. */
export function measureUsage({ server, database }: { server: number; database: number }): () => Usage {
  const read = (): Usage => {
    const { user, system } = process.cpuUsage();
    return { server: usedBy(server), database: usedBy(database), client: user + system };
  };
  const before = read();
  return () => {
    const after = read();
    return {
      server: after.server - before.server,
      database: after.database - before.database,
      client: after.client - before.client,
    };
  };
}

/** `CPU µs each: server 85, database 40, client 30`. */
export function usageText({ server, database, client }: Usage, count: number): string {
  const each = (value: number) => (value / count).toFixed(value / count < 10 ? 1 : 0);
  return `CPU µs each: server ${each(server)}, database ${each(database)}, client ${each(client)}`;
}
