import { createHash } from 'node:crypto';
import { chmodSync, mkdirSync, statSync } from 'node:fs';
import { renewBackup } from './backup.js';
import type { Config } from './config.js';
import { type ControlRequest, type SupervisorStatus, serveControl } from './control.js';
import { Keeper } from './keeper.js';
import { openLog, rotateLogs } from './log-files.js';
import { createPlatform, type Platform } from './platform.js';
import { adopt, findRecord, findStartTime, removeRecord, terminate, writeRecord } from './process.js';
import { type Service, serviceNames, supervisorName } from './service.js';
import { listServices } from './services/index.js';
import { backupFiles, postgresCluster } from './services/postgres.js';

/**
 * Owns the processes of one home: starts them in the order of their needs, keeps them alive, answers on the control
 * socket, stops them in reverse. May be killed at any moment: the processes go on, and the next supervisor adopts those
 * that are still what it would start. Resolves when it has stopped.
 */
export async function supervise(config: Config, build: string): Promise<void> {
  const { home } = config;
  mkdirSync(home, { recursive: true });
  // PostgreSQL's user must be able to pass; what is secret has modes of its own.
  chmodSync(home, statSync(home).mode | 0o111);
  const log = openLog(home);
  if (findRecord(home, supervisorName)) throw new Error(`a supervisor already runs for ${home}`);
  writeRecord(home, supervisorName, { pid: process.pid, startTime: findStartTime(process.pid) ?? '', spec: build });
  const platform = await createPlatform(config, build);
  const services = listServices(platform);
  await endStrangers(home, services);
  const keepers = services.map((service) => new Keeper(service, home, log));
  const startedAt = Date.now();
  const spec = specOf(config);
  const status = (): SupervisorStatus => ({
    pid: process.pid,
    home,
    build,
    spec,
    startedAt,
    services: keepers.map((keeper) => keeper.status()),
  });
  let finish: () => void = () => undefined;
  const finished = new Promise<void>((resolve) => {
    finish = resolve;
  });
  let ending: Promise<void> | undefined;
  const end = (how: 'stop' | 'handOver') => {
    ending ??= endAll(keepers, how).then(() => removeRecord(home, supervisorName));
    return ending;
  };
  const answer = async (request: ControlRequest): Promise<SupervisorStatus> => {
    switch (request.do) {
      case 'status':
        return status();
      case 'restart': {
        const keeper = keepers.find(({ service }) => service.name === request.service);
        if (!keeper)
          throw new Error(`no process ${request.service}: one of ${services.map(({ name }) => name).join(', ')}`);
        await keeper.restart();
        return status();
      }
      case 'stop':
      case 'handover': {
        log('info', request.do);
        await end(request.do === 'stop' ? 'stop' : 'handOver');
        // The answer leaves before the process does.
        setTimeout(finish, 50);
        return status();
      }
      default: {
        const never: never = request;
        throw new Error(`unknown request ${JSON.stringify(never)}`);
      }
    }
  };
  const server = await serveControl(home, answer);
  const rotation = setInterval(() => rotateLogs(home), 30_000);
  const renewal = setInterval(() => void renew(platform, log), 3_600_000);
  for (const signal of ['SIGTERM', 'SIGINT'] as const) {
    process.once(signal, () => {
      log('info', 'stop', { signal });
      void end('stop').then(finish);
    });
  }
  process.on('SIGHUP', () => undefined);
  log('info', 'started', { pid: process.pid, build });
  for (const keeper of keepers) keeper.start(readyOf(keepers, keeper.service));
  await finished;
  clearInterval(rotation);
  clearInterval(renewal);
  server.close();
  log('info', 'ended');
}

async function renew(platform: Platform, log: ReturnType<typeof openLog>): Promise<void> {
  if (!platform.embeds.postgres) return;
  try {
    const made = await renewBackup(postgresCluster(platform), backupFiles(platform), Date.now());
    if (made) log('info', 'backed up', { directory: made.directory });
  } catch (error) {
    log('error', 'the daily backup failed', { error: error instanceof Error ? error.message : String(error) });
  }
}

/** Changes with anything in the configuration. */
export function specOf(config: Config): string {
  return createHash('sha256').update(JSON.stringify(config)).digest('hex').slice(0, 16);
}

function readyOf(keepers: readonly Keeper[], service: Service): Promise<void>[] {
  return service.needs.map((name) => {
    const keeper = keepers.find((candidate) => candidate.service.name === name);
    if (!keeper) throw new Error(`${service.name} needs ${name}, which is not among the services`);
    return keeper.ready();
  });
}

/** Stops each service when those that need it have stopped. */
async function endAll(keepers: readonly Keeper[], how: 'stop' | 'handOver'): Promise<void> {
  const ended = new Map<string, Promise<void>>();
  const endOne = (keeper: Keeper): Promise<void> => {
    const known = ended.get(keeper.service.name);
    if (known) return known;
    const dependants =
      how === 'stop' ? keepers.filter(({ service }) => service.needs.includes(keeper.service.name)) : [];
    const end = Promise.all(dependants.map(endOne)).then(() => keeper[how]());
    ended.set(keeper.service.name, end);
    return end;
  };
  await Promise.all(keepers.map(endOne));
}

/** Ends processes of an earlier configuration that this one does not have. */
async function endStrangers(home: string, services: readonly Service[]): Promise<void> {
  const strangers = serviceNames.filter((name) => !services.some((service) => service.name === name));
  for (const name of strangers) {
    const record = findRecord(home, name);
    if (record) await terminate(adopt(record), { signal: 'SIGTERM', graceSeconds: 10, group: name !== 'containerd' });
    removeRecord(home, name);
  }
}
