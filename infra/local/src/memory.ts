import { readdirSync, readFileSync } from 'node:fs';
import { findRecord } from './process.js';
import { serviceNames, supervisorName } from './service.js';

export interface ProcessMemory {
  readonly name: string;
  readonly isNode: boolean;
  readonly processes: number;
  readonly pssBytes: number;
  readonly rssBytes: number;
}

/** What each running process of a home takes with everything it started, the supervisor included; containers are not. */
export function measureMemory(home: string): ProcessMemory[] {
  return [supervisorName, ...serviceNames].flatMap((name) => {
    const record = findRecord(home, name);
    if (!record) return [];
    const family = listFamily(record.pid);
    const sum = (field: 'Pss' | 'Rss') =>
      family.reduce((total, pid) => total + (findProcessMemory(pid, field) ?? 0), 0);
    const isNode = commandOf(record.pid).startsWith(process.execPath);
    return [{ name, isNode, processes: family.length, pssBytes: sum('Pss'), rssBytes: sum('Rss') }];
  });
}

/** Memory of one process in bytes, `Pss` with shared pages counted by share; undefined where it is gone. */
export function findProcessMemory(pid: number, field: 'Pss' | 'Rss' = 'Pss'): number | undefined {
  try {
    const match = new RegExp(`^${field}:\\s+(\\d+) kB`, 'm').exec(readFileSync(`/proc/${pid}/smaps_rollup`, 'utf8'));
    return match ? Number(match[1]) * 1024 : undefined;
  } catch {
    return undefined;
  }
}

/** A process and everything it started that still names it (or its session) as its own. */
function listFamily(pid: number): number[] {
  const pids = readdirSync('/proc').flatMap((name) => (/^\d+$/.test(name) ? [Number(name)] : []));
  const parents = new Map(pids.flatMap((each) => pair(each)));
  const isOf = (each: number, depth = 0): boolean => {
    if (each === pid) return true;
    const parent = parents.get(each);
    return parent !== undefined && parent > 1 && depth < 20 && isOf(parent, depth + 1);
  };
  return pids.filter((each) => isOf(each));
}

function pair(pid: number): [number, number][] {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
    return [[pid, Number(stat.slice(stat.lastIndexOf(')') + 2).split(' ')[1])]];
  } catch {
    return [];
  }
}

function commandOf(pid: number): string {
  try {
    return readFileSync(`/proc/${pid}/cmdline`, 'utf8');
  } catch {
    return '';
  }
}
