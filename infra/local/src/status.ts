import type { SupervisorStatus } from './control.js';
import { findProcessMemory } from './memory.js';
import type { ServiceStatus } from './service.js';

/** The status as a table for people. */
export function statusTable(status: SupervisorStatus, now: number): string {
  const rows = status.services.map((service) => [
    service.name,
    service.state,
    `${service.pid ?? '-'}`,
    service.since && service.pid ? age(now - service.since) : '-',
    `${service.restarts}`,
    memory(service),
    service.address,
    service.message ?? '',
  ]);
  return table([['PROCESS', 'STATE', 'PID', 'AGE', 'RESTARTS', 'MEMORY', 'ADDRESS', ''], ...rows]);
}

/** True where everything that keeps running is ready. */
export function isReady(status: SupervisorStatus): boolean {
  return status.services.every(({ state, isOneShot }) => isOneShot || state === 'ready');
}

function memory({ pid }: ServiceStatus): string {
  const bytes = pid ? findProcessMemory(pid) : undefined;
  return bytes === undefined ? '-' : `${Math.round(bytes / 1024 / 1024)} MB`;
}

function age(milliseconds: number): string {
  const seconds = Math.floor(milliseconds / 1000);
  if (seconds < 120) return `${seconds}s`;
  if (seconds < 7200) return `${Math.floor(seconds / 60)}m`;
  return seconds < 172_800 ? `${Math.floor(seconds / 3600)}h` : `${Math.floor(seconds / 86_400)}d`;
}

function table(rows: readonly (readonly string[])[]): string {
  const widths = rows[0]?.map((_, column) => Math.max(...rows.map((row) => row[column]?.length ?? 0))) ?? [];
  return rows
    .map((row) =>
      row
        .map((cell, i) => cell.padEnd(widths[i] ?? 0))
        .join('  ')
        .trimEnd(),
    )
    .join('\n');
}
