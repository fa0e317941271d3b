import { createHash } from 'node:crypto';
import { join } from 'node:path';
import { checkWithin } from './health.js';
import { adopt, findRecord, isAlive, launch, type Running, removeRecord, terminate, writeRecord } from './process.js';
import type { Service, ServiceState, ServiceStatus } from './service.js';

type Log = (level: 'info' | 'warn' | 'error', message: string, fields?: object) => void;

const backoffStartMs = 250;
const backoffLimitMs = 8000;
/** A process that stayed healthy for so long starts again at once when it ends. */
const settledMs = 20_000;
const healthEveryMs = 3000;
const healthSeconds = 4;
/** Five misses are 15 to 35 seconds: a machine under load is slow long before it is dead. */
const missesAllowed = 5;

/** Keeps one service running: one loop of start, watch, end, back off. Each has its own; they share nothing. */
export class Keeper {
  private state: ServiceState = 'waiting';
  private running: Running | undefined;
  private restarts = 0;
  private since: number | undefined;
  private readySeconds: number | undefined;
  private message: string | undefined;
  private wanted = true;
  private beforeDone = false;
  private loop: Promise<void> | undefined;
  private wake: () => void = () => undefined;
  private readonly readyWaiters: (() => void)[] = [];
  private endWaiting: () => void = () => undefined;
  private readonly unwanted = new Promise<void>((resolve) => {
    this.endWaiting = resolve;
  });

  constructor(
    readonly service: Service,
    private readonly home: string,
    private readonly log: Log,
  ) {}

  status(): ServiceStatus {
    const { name, address, isOneShot = false } = this.service;
    return {
      name,
      state: this.state,
      pid: this.running?.pid,
      restarts: this.restarts,
      since: this.since,
      readySeconds: this.readySeconds,
      address,
      isOneShot,
      message: this.message,
    };
  }

  /** Resolves at the first healthy moment, or when the keeper is stopped. */
  ready(): Promise<void> {
    if (this.state === 'ready' || this.state === 'done' || !this.wanted) return Promise.resolve();
    return new Promise((resolve) => this.readyWaiters.push(resolve));
  }

  start(needs: readonly Promise<void>[]): void {
    this.loop = this.run(needs).catch((error) => {
      this.message = text(error);
      this.log('error', 'the keeper itself failed', { service: this.service.name, error: this.message });
    });
  }

  /** Ends the process and the loop. */
  async stop(): Promise<void> {
    this.unwant();
    await this.end('stopping');
    await this.loop;
    removeRecord(this.home, this.service.name);
    this.enter('stopped');
  }

  /** Leaves the loop and the process alone, for the next supervisor to adopt. */
  async handOver(): Promise<void> {
    this.unwant();
    if (this.state !== 'ready' && !this.service.isOneShot) await this.end('stopping');
  }

  /** Ends the process; the loop starts it anew at once. */
  async restart(): Promise<void> {
    this.since = 0;
    this.wake();
    await this.end('restarting');
  }

  private async run(needs: readonly Promise<void>[]): Promise<void> {
    // What it needs may never get ready, and ends only after this one has ended.
    await Promise.race([Promise.all(needs), this.unwanted]);
    let backoffMs = backoffStartMs;
    while (this.wanted) {
      try {
        await this.launchOnce();
        backoffMs = await this.watch(backoffMs);
      } catch (error) {
        this.message = text(error);
        this.log('warn', 'did not start', { service: this.service.name, error: this.message });
        await this.end('restarting');
      }
      if (!this.wanted || this.state === 'done') return;
      this.restarts++;
      this.enter('restarting');
      await this.pause(backoffMs);
      backoffMs = Math.min(backoffMs * 2, backoffLimitMs);
    }
  }

  /** From nothing, or from what an earlier supervisor left, to the first healthy answer. */
  private async launchOnce(): Promise<void> {
    const { service } = this;
    const spec = specOf(service);
    const left = findRecord(this.home, service.name);
    this.since = Date.now();
    this.readySeconds = undefined;
    this.enter('starting');
    if (left?.spec === spec) {
      this.running = adopt(left);
      this.log('info', 'adopted', { service: service.name, pid: left.pid });
    } else {
      if (left)
        await terminate(adopt(left), {
          signal: service.stopSignal,
          graceSeconds: service.graceSeconds,
          group: this.group,
        });
      if (!this.wanted) return;
      await service.prepare?.();
      await this.runBefore();
      if (!this.wanted) return;
      this.running = await launch(this.launchOptions(service.command));
      writeRecord(this.home, service.name, { pid: this.running.pid, startTime: this.running.startTime, spec });
    }
    if (!service.isOneShot) await this.firstHealth(this.running);
    await service.settle?.();
    this.readySeconds = (Date.now() - this.since) / 1000;
    this.log('info', service.isOneShot ? 'started' : 'ready', { service: service.name, seconds: this.readySeconds });
    if (!service.isOneShot && this.wanted) this.becomeReady('ready');
  }

  private async runBefore(): Promise<void> {
    if (!this.service.before || this.beforeDone) return;
    const step = await launch(this.launchOptions(this.service.before));
    const reason = await step.ended;
    if (reason !== 'ended with code 0') throw new Error(`${this.service.before.slice(1).join(' ')} ${reason}`);
    this.beforeDone = true;
  }

  private async firstHealth(running: Running): Promise<void> {
    const { health, startSeconds } = this.service;
    const deadline = Date.now() + startSeconds * 1000;
    let ended: string | undefined;
    void running.ended.then((reason) => {
      ended = reason;
    });
    while (health && this.wanted) {
      try {
        await checkWithin(health, healthSeconds);
        return;
      } catch (error) {
        this.message = text(error);
        if (ended ?? !isAlive(running)) throw new Error(`${ended ?? 'ended'} before it was healthy`);
        if (Date.now() > deadline) throw new Error(`not healthy within ${startSeconds} s: ${this.message}`);
        await this.pause(80);
      }
    }
  }

  /** Until the process ends. Answers the back-off to use next. */
  private async watch(backoffMs: number): Promise<number> {
    const { running, service } = this;
    if (!running) return backoffMs;
    let misses = 0;
    let ended: string | undefined;
    const end = running.ended.then((reason) => {
      ended = reason;
      this.wake();
    });
    while (ended === undefined && this.wanted) {
      await this.pause(healthEveryMs);
      if (ended !== undefined || !this.wanted || !service.health) continue;
      try {
        await checkWithin(service.health, healthSeconds);
        misses = 0;
        if (this.state === 'unhealthy') this.becomeReady('ready');
      } catch (error) {
        misses++;
        this.message = text(error);
        this.enter('unhealthy');
        if (misses >= missesAllowed) {
          this.log('error', 'restarting: no healthy answer', { service: service.name, error: this.message });
          await this.end('restarting');
        }
      }
    }
    if (!this.wanted) return backoffMs;
    await end;
    removeRecord(this.home, service.name);
    this.running = undefined;
    if (service.isOneShot && ended === 'ended with code 0') {
      this.becomeReady('done');
      return backoffMs;
    }
    this.message = ended;
    this.log('warn', 'ended', { service: service.name, reason: ended });
    return Date.now() - (this.since ?? 0) > settledMs ? backoffStartMs : backoffMs;
  }

  private async end(state: ServiceState): Promise<void> {
    const { running, service } = this;
    if (!running || !isAlive(running)) return;
    this.enter(state);
    const { stopSignal: signal, graceSeconds } = service;
    await terminate(running, { signal, graceSeconds, group: this.group });
    this.log('info', 'stopped', { service: service.name });
  }

  private get group(): boolean {
    return this.service.endsItsGroup !== false;
  }

  private launchOptions(command: readonly string[]) {
    const { env, cwd = '/', identity, name } = this.service;
    return { command, env, cwd, identity, logFile: join(this.home, 'logs', `${name}.log`) };
  }

  private unwant(): void {
    this.wanted = false;
    this.endWaiting();
    this.release();
    this.wake();
  }

  private becomeReady(state: 'ready' | 'done'): void {
    this.message = undefined;
    this.enter(state);
    this.release();
  }

  private release(): void {
    for (const resolve of this.readyWaiters.splice(0)) resolve();
  }

  private enter(state: ServiceState): void {
    this.state = state;
  }

  private pause(milliseconds: number): Promise<void> {
    return new Promise((resolve) => {
      const timer = setTimeout(resolve, milliseconds);
      this.wake = () => {
        clearTimeout(timer);
        resolve();
      };
    });
  }
}

/** What a running process was started from; another value means it must be started anew. */
function specOf(service: Service): string {
  const { command, env, cwd, build } = service;
  return createHash('sha256')
    .update(JSON.stringify([command, Object.entries(env).sort(), cwd, build]))
    .digest('hex');
}

function text(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  const cause = error.cause instanceof Error ? `: ${error.cause.message}` : '';
  return `${error.message}${cause}`;
}
