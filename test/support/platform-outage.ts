import { askSupervisor } from '@slipway/local';
import { eventually } from './eventually.js';

/** A process of a platform that was killed. */
export interface Outage {
  /** Waits until all of the platform is well again, at most `seconds` (30); gives the seconds since the kill. */
  over(seconds?: number): Promise<number>;
  /** Waits until a successor of the process is ready, whatever else is amiss. */
  succeeded(seconds?: number): Promise<void>;
  /** What was amiss since, with the seconds after the kill at which it was first seen. */
  readonly seen: readonly string[];
}

interface RunningPlatform {
  readonly home: string;
  readonly apiUrl: string;
  readonly portalUrl: string;
}

/** Ends one of its processes as a crash does; the supervisor starts the next one. */
export async function killOf(platform: RunningPlatform, name: string): Promise<Outage> {
  const { home } = platform;
  const pid = await pidOf(home, name);
  const killedAt = performance.now();
  process.kill(pid, 'SIGKILL');
  const passed = () => (performance.now() - killedAt) / 1000;
  const seen: string[] = [];
  let amiss = '';
  const over = async (seconds = 30) => {
    await eventually(async () => {
      try {
        await expectWell(platform, name, pid);
      } catch (error) {
        const next = String(error instanceof Error ? error.message : error);
        if (next !== amiss) seen.push(`${passed().toFixed(1)} s: ${next}`);
        amiss = next;
        throw error;
      }
    }, seconds);
    return passed();
  };
  const succeeded = (seconds = 30) =>
    eventually(async () => {
      const service = (await services(home)).find((one) => one.name === name);
      if (service?.state !== 'ready' || service.pid === pid) throw new Error(`${name} is ${service?.state}`);
    }, seconds);
  return { over, succeeded, seen };
}

/** The killed process has a successor, and all is ready: as the supervisor sees it, and as a user does. */
async function expectWell({ home, apiUrl, portalUrl }: RunningPlatform, killed: string, pid: number): Promise<void> {
  const all = await services(home);
  if (all.some((service) => service.name === killed && service.pid === pid))
    throw new Error(`${killed} is still there`);
  const notReady = all.filter((service) => !service.isOneShot && service.state !== 'ready');
  if (notReady.length > 0)
    throw new Error(notReady.map(({ name, state, message }) => `${name} is ${state} (${message ?? ''})`).join(', '));
  for (const url of [`${apiUrl}/api/v1/version`, `${portalUrl}/healthz`]) {
    const { status } = await fetch(url, { signal: AbortSignal.timeout(4_000) });
    if (status !== 200) throw new Error(`${url} answers ${status}`);
  }
}

async function pidOf(home: string, name: string): Promise<number> {
  const pid = (await services(home)).find((service) => service.name === name)?.pid;
  if (!pid) throw new Error(`${name} does not run`);
  return pid;
}

async function services(home: string) {
  const status = await askSupervisor(home, { do: 'status' });
  if (!status) throw new Error(`no supervisor answers in ${home}`);
  return status.services;
}
