import { execFile } from 'node:child_process';
import { setMaxListeners } from 'node:events';
import { readFile, unlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import type { Clock, Logger } from '../../runtime/index.js';
import {
  certificateList,
  type GatewayOptions,
  type HaproxyState,
  planHaproxy,
  renderConfiguration,
} from './haproxy-config.js';
import {
  certificateFile,
  mapFile,
  readState,
  removeCertificates,
  writeCertificates,
  writeScripts,
  writeState,
} from './haproxy-files.js';
import { askHaproxy } from './haproxy-socket.js';
import type { GatewayModel } from './model.js';
import { type Change, planChanges } from './plan-changes.js';

const run = promisify(execFile);
const drainPauseMs = 1000;
/**
 * A request that found no connection waits for its next try with its server in mind, and HAProxy (2.6) crashes when that one is
 * deleted meanwhile. Its four tries of a second and the three seconds between them are over by then.
 */
const leastDrainMs = 10_000;
const mostDrainMs = 60_000;
const mostReloadMs = 15_000;

export interface Haproxy {
  /** Brings HAProxy to the model without dropping a request: over the runtime socket where it can be, else by a reload. */
  apply(model: GatewayModel): Promise<'unchanged' | 'changed' | 'reloaded'>;
  stop(): Promise<void>;
}

/**
 * Programs the HAProxy whose files are in `options.directory`; somebody else runs and restarts it. The files are
 * written before the process is told, so a restart at any moment comes up in a state at least as new.
 */
export function createHaproxy(options: GatewayOptions, parts: { clock: Clock; log: Logger }): Haproxy {
  const { directory } = options;
  const { clock, log } = parts;
  const admin = join(directory, 'admin.sock');
  const master = join(directory, 'master.sock');
  const stopping = new AbortController();
  // Each server that leaves waits on it.
  setMaxListeners(0, stopping.signal);
  const draining = new Set<Promise<void>>();
  /** By server: who waits for its end. One that came back and leaves again has its time anew. */
  const turns = new Map<string, symbol>();
  /** What the process was last told; undefined: not known, so it must reload. */
  let current: HaproxyState | undefined;
  let isRead = false;

  /** Processes that a reload has replaced and that still serve the connections they had. */
  let leaving: readonly string[] = [];

  const ask = async (command: string, isFine: (answer: string) => boolean = (answer) => answer === '') => {
    const answer = await askHaproxy(admin, command);
    // They answer one more request a connection, which must go where the others go now. One that lacks the backend
    // or has ended meanwhile has nothing to change.
    for (const pid of leaving) await askHaproxy(master, `@!${pid} ${command}`);
    if (!isFine(answer)) throw new Error(`HAProxy answered '${answer}' to '${command}'.`);
  };

  /** Processes that a reload has replaced take no new connection, so they need no certificate. */
  const askOfCertificates = async (command: string, fine: RegExp, payload?: string) => {
    const answer = await askHaproxy(admin, command, payload);
    if (!fine.test(answer)) throw new Error(`HAProxy answered '${answer}' to '${command}'.`);
  };

  const performOnCertificate = async (change: Extract<Change, { file: string }>): Promise<void> => {
    const path = certificateFile(directory, change.file);
    const list = join(directory, certificateList);
    switch (change.do) {
      case 'add-certificate': {
        await askOfCertificates(`new ssl cert ${path}`, /^New empty|already exists/);
        await askOfCertificates(`set ssl cert ${path}`, /^Transaction/, await readFile(path, 'utf8'));
        await askOfCertificates(`commit ssl cert ${path}`, /Success!$/);
        return askOfCertificates(`add ssl crt-list ${list}`, /Success!$/, `${path} ${change.host}`);
      }
      case 'remove-certificate':
        await askOfCertificates(`del ssl crt-list ${list} ${path}`, /deleted/);
        return askOfCertificates(`del ssl cert ${path}`, /deleted/);
    }
  };

  /** A server that is to go takes no new request; it is removed when its last one has ended. */
  const drain = async (backend: string, server: string) => {
    const name = `${backend}/${server}`;
    const turn = Symbol(name);
    turns.set(name, turn);
    const isOver = () =>
      stopping.signal.aborted || turns.get(name) !== turn || current?.servers.get(backend)?.includes(server);
    const until = clock.now() + mostDrainMs;
    for (let pause = leastDrainMs; !isOver(); pause = drainPauseMs) {
      await clock.sleep(pause, stopping.signal);
      if (isOver()) return;
      const isLate = clock.now() > until;
      if (isLate) await askHaproxy(admin, `shutdown sessions server ${name}`);
      await askHaproxy(admin, `set server ${name} state maint`);
      const answer = await askHaproxy(admin, `del server ${name}`);
      if (!/still has|must be/i.test(answer)) return void turns.delete(name);
    }
  };

  const perform = async (change: Change): Promise<void> => {
    switch (change.do) {
      case 'add':
      case 'set':
        return ask(`${change.do} map ${mapFile(directory, change.map)} ${change.key} ${change.value}`);
      case 'remove':
        return ask(`del map ${mapFile(directory, change.map)} ${change.key}`);
      case 'add-certificate':
      case 'remove-certificate':
        return performOnCertificate(change);
      case 'add-server': {
        const name = `${change.backend}/${change.server}`;
        await ask(`add server ${name} ${change.server}`, (answer) =>
          /^New server registered|Already exists/i.test(answer),
        );
        return ask(`set server ${name} state ready`);
      }
      case 'drain-server': {
        await ask(`set server ${change.backend}/${change.server} state drain`);
        const task = drain(change.backend, change.server)
          .catch((error: unknown) =>
            log.warn({ error, server: change.server }, 'a drained server could not be removed'),
          )
          .finally(() => draining.delete(task));
        draining.add(task);
      }
    }
  };

  const check = async (state: HaproxyState) => {
    const file = join(directory, 'haproxy.cfg.check');
    await writeFile(file, renderConfiguration(state), { mode: 0o600 });
    try {
      await run('haproxy', ['-c', '-f', file], { env: { PATH: '/usr/sbin:/usr/bin:/sbin:/bin' } });
    } finally {
      await unlink(file);
    }
  };

  /** The old process serves what it has; connections move on without a loss (`idle-close-on-response`). */
  const reload = async () => {
    const before = await processOf(admin);
    const until = clock.now() + mostReloadMs;
    await askMaster('reload', until);
    while (!stopping.signal.aborted) {
      const after = await processOf(admin).catch(() => undefined);
      if (after !== undefined && after !== before) break;
      if (clock.now() > until) throw new Error('HAProxy did not take up its new configuration within 15 s.');
      await clock.sleep(20, stopping.signal);
    }
    await askMaster('show proc', until);
  };

  /** The master starts itself anew to reload, and takes no connection meanwhile. */
  const askMaster = async (command: string, until: number): Promise<void> => {
    while (!stopping.signal.aborted) {
      try {
        await askHaproxy(master, command);
        return;
      } catch (error) {
        if (clock.now() > until) throw error;
        await clock.sleep(20, stopping.signal);
      }
    }
  };

  const turnTo = async (wanted: HaproxyState): Promise<'unchanged' | 'changed' | 'reloaded'> => {
    const known = current;
    if (known && known.structure === wanted.structure) {
      const changes = planChanges(known, wanted);
      if (changes.length === 0) return 'unchanged';
      await writeState(directory, wanted);
      current = wanted;
      try {
        leaving = await listLeaving(master);
        for (const change of changes) await perform(change);
        return 'changed';
      } catch (error) {
        log.warn({ error }, 'HAProxy could not be changed at run time: reloading');
      }
    } else {
      // The check reads the maps too, so they must be there.
      if (!known) await writeState(directory, wanted);
      await check(wanted);
      await writeState(directory, wanted);
    }
    current = undefined;
    await reload();
    current = wanted;
    return 'reloaded';
  };

  return {
    apply: async (model) => {
      const wanted = planHaproxy(model, options);
      const isFirst = !isRead;
      if (isFirst) {
        await writeScripts(directory);
        current = await readState(directory);
        isRead = true;
      }
      await writeCertificates(directory, model.certificates ?? []);
      const outcome = await turnTo(wanted);
      if (isFirst || outcome !== 'unchanged') await removeCertificates(directory, wanted.certificates);
      return outcome;
    },
    stop: async () => {
      stopping.abort();
      await Promise.all(draining);
    },
  };
}

/** The process numbers under `# old workers`, up to the next heading. */
async function listLeaving(master: string): Promise<string[]> {
  const [, old = ''] = (await askHaproxy(master, 'show proc')).split(/^# old workers$/m);
  const [workers = ''] = old.split(/^#/m);
  return [...workers.matchAll(/^(\d+)\s+worker\b/gm)].map(([, pid = '']) => pid);
}

async function processOf(admin: string): Promise<string> {
  const [, pid] = /^Pid: (\d+)$/m.exec(await askHaproxy(admin, 'show info')) ?? [];
  if (pid === undefined) throw new Error('HAProxy did not say which process it is.');
  return pid;
}
