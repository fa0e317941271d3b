import { readdirSync, readFileSync } from 'node:fs';

/** The proportional set size of one process in bytes (shared pages counted by share); undefined where it is gone. */
export function findProcessMemory(pid: number): number | undefined {
  try {
    const match = /^Pss:\s+(\d+) kB/m.exec(readFileSync(`/proc/${pid}/smaps_rollup`, 'utf8'));
    return match ? Number(match[1]) * 1024 : undefined;
  } catch {
    return undefined;
  }
}

/** A process and everything it started that still names it (or its session) as its own. */
export function listFamily(pid: number): number[] {
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
