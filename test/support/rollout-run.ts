import { setTimeout as sleep } from 'node:timers/promises';
import { eventually } from './eventually.js';
import { askGateway } from './gateway.js';
import type { ReleasePlace } from './release-place.js';
import { isBroken, startTraffic, type Traffic } from './traffic.js';

/** Where a rollout is when something befalls it. What has no pause is in the middle of its way in all of them. */
export const runStates = ['progressing', 'paused', 'promoted', 'aborted'] as const;
export type RunState = (typeof runStates)[number];

const scaleDownDelaySeconds = 1;
const match = [{ headers: [{ name: 'x-beta', value: '1' }] }];
/** By the name of the application that has it: by itself to its end; and to a pause that waits for somebody, where it has one. */
export const runStrategies: Readonly<Record<string, { readonly toEnd: object; readonly toPause?: object }>> = {
  rolling: { toEnd: { type: 'rolling' } },
  recreate: { toEnd: { type: 'recreate' } },
  bluegreen: {
    toEnd: { type: 'blueGreen', scaleDownDelaySeconds },
    toPause: { type: 'blueGreen', scaleDownDelaySeconds, autoPromotionEnabled: false },
  },
  canary: {
    toEnd: { type: 'canary', scaleDownDelaySeconds, steps: [{ setWeight: 30 }] },
    toPause: { type: 'canary', scaleDownDelaySeconds, steps: [{ setWeight: 30 }, { pause: {} }] },
  },
  abtest: {
    toEnd: { type: 'abTest', scaleDownDelaySeconds, match, duration: '2s' },
    toPause: { type: 'abTest', scaleDownDelaySeconds, match },
  },
  mirror: {
    toEnd: { type: 'mirror', scaleDownDelaySeconds, percentage: 30, duration: '2s' },
    toPause: { type: 'mirror', scaleDownDelaySeconds, percentage: 30 },
  },
};

interface RunOptions {
  /** One of `runStrategies`. */
  readonly name: string;
  readonly place: ReleasePlace;
  readonly url: string;
  /** The gateway's. */
  readonly port: number;
  readonly state: RunState;
  /** Of the new release; no other has had it. */
  readonly version: string;
}

export interface RunOutcome {
  /** What is not as it should be. */
  readonly faults: readonly string[];
  readonly requests: number;
  readonly failed: number;
  /** Connections that broke with the gateway that was killed. */
  readonly cutOff: number;
  readonly restarts: number;
  /** From the abort to the candidate's last answer. */
  readonly backMilliseconds: number;
  /** How long somebody waited at most while a release was put in another's place. */
  readonly heldMilliseconds: number;
}

interface Pod {
  readonly name: string;
  readonly release: number | null;
  readonly ready: boolean;
  readonly restarts: number;
}

/** Without these the gateway keeps to what it was told last. */
const steering: readonly string[] = ['gateway', 'cluster'];
const ends = ['healthy', 'failed', 'aborted'];

/** A rollout under traffic while something befalls the platform, from before it begins to what has become of it. */
export class RolloutRun {
  private id = '';
  private abortedAt = Infinity;

  private constructor(
    private readonly options: RunOptions,
    private readonly release: number,
    /** The version that stands, and its pods. */
    private readonly stable: string,
    private readonly pods: readonly string[],
    private readonly traffic: Traffic,
  ) {}

  /** Starts the traffic, and brings the rollout to its pause unless it is to be met before that. */
  static async prepare(options: RunOptions): Promise<RolloutRun> {
    const { place, url, port, state, version } = options;
    const stable = await bodyOf(options);
    const { release: standing } = await place.call<{ release: number }>('GET', '/environments/production/status');
    const isStanding = (pod: Pod) => pod.ready && pod.release === standing;
    const pods = (await podsOf(place)).filter(isStanding).map((pod) => pod.name);
    const release = await place.release(version);
    const traffic = startTraffic({ port, url, clients: 2, pauseMilliseconds: 40, ...patienceOf(options.name) });
    const run = new RolloutRun(options, release, stable, pods, traffic);
    if (run.isGradual && state !== 'progressing') {
      await run.begin(run.strategy.toPause);
      await place.until(run.id, 'paused', 90);
    }
    return run;
  }

  /** Takes the last step to its state: what befalls comes right after that. */
  async move(): Promise<void> {
    const { state } = this.options;
    if (this.id === '') await this.begin(this.strategy.toEnd);
    else if (state === 'promoted') await this.ask('promote');
    if (state === 'aborted') {
      this.abortedAt = performance.now();
      await this.ask('abort');
    }
    this.traffic.take();
  }

  /** After it: what its pause promised holds, and somebody promotes it. */
  async leavePause(): Promise<readonly string[]> {
    const { name, state } = this.options;
    if (!this.isGradual || state !== 'paused') return [];
    const strays = [...this.traffic.take()].filter(([met]) => name !== 'canary' && met !== this.stable);
    await this.ask('promote');
    return strays.map(([met, count]) => `${name}: release ${met} was met at the pause, ${count} times`);
  }

  /** Waits for its end. `killed`: what was, whose connections may break. */
  async finish(killed: string): Promise<RunOutcome> {
    const { name, place, state, version } = this.options;
    const isBack = state === 'aborted';
    const faults: string[] = [];
    const note = (error: unknown) => void faults.push(error instanceof Error ? error.message : String(error));
    await place.until(this.id, isBack ? 'aborted' : 'healthy', 90).catch(note);
    await this.expectAllBy(isBack ? this.stable : version, steering.includes(killed) ? 30 : 5).catch(note);
    const { failures, count, longestMilliseconds } = await this.traffic.stop();
    const cutOff = killed === 'gateway' ? failures.filter(isBroken) : [];
    const failed = failures.filter((failure) => !cutOff.includes(failure));
    if (failed.length > 0)
      faults.push(`${failed.length} of ${count} requests failed: ${failed.slice(0, 3).join('; ')}`);
    const pods = await eventually(() => podsOf(place), 60);
    const restarted = pods.filter(({ restarts }) => restarts > 0);
    if (restarted.length > 0) faults.push(`restarted: ${restarted.map((pod) => pod.name).join(', ')}`);
    const lost = this.pods.filter((pod) => !pods.some((one) => one.name === pod && one.ready));
    if (isBack && this.isGradual && lost.length > 0) faults.push(`pods of the stable release are gone: ${lost}`);
    if (faults.length > 0) await this.end().catch(note);
    const isMeasured = isBack && this.isGradual;
    return {
      faults: faults.map((fault) => `${name}, ${state}: ${fault}`),
      requests: count,
      failed: failed.length,
      cutOff: cutOff.length,
      restarts: restarted.length,
      backMilliseconds: isMeasured ? Math.max(0, (this.traffic.lastOf(version) ?? 0) - this.abortedAt) : 0,
      heldMilliseconds: name === 'recreate' ? longestMilliseconds : 0,
    };
  }

  private get strategy() {
    return runStrategies[this.options.name] ?? { toEnd: { type: 'rolling' } };
  }

  private get isGradual(): boolean {
    return this.strategy.toPause !== undefined;
  }

  private async begin(strategy: object | undefined): Promise<void> {
    this.id = await this.options.place.rollOut(this.release, strategy);
  }

  /** What is refused while something is away is asked again; what was done though its answer was lost is not. */
  private async ask(verb: 'promote' | 'abort'): Promise<void> {
    const { place } = this.options;
    await eventually(async () => {
      try {
        await place.act(this.id, verb, verb === 'promote' ? { full: true } : undefined);
      } catch (error) {
        const { state, restoring } = await place.get(this.id);
        const isDone = verb === 'promote' ? state !== 'paused' : restoring || state === 'aborted';
        if (!isDone) throw error;
      }
    }, 60);
  }

  private expectAllBy(version: string, seconds: number): Promise<void> {
    return eventually(async () => {
      const bodies = await Promise.all(Array.from({ length: 20 }, () => bodyOf(this.options)));
      const others = bodies.filter((body) => body !== version).length;
      if (others > 0) throw new Error(`${others} of 20 are not answered by ${version}`);
    }, seconds);
  }

  /** So that what comes next begins from an end nevertheless. */
  private async end(): Promise<void> {
    const { place } = this.options;
    if (ends.includes((await place.get(this.id)).state)) return;
    await this.ask('abort');
    await sleep(1000);
    await place.until(this.id, 'aborted', 60);
  }
}

/** Where one release takes another's place, the gateway has people wait for it. */
const patienceOf = (name: string) => (name === 'recreate' ? { patienceMilliseconds: 60_000 } : {});

const podsOf = async (place: ReleasePlace): Promise<readonly Pod[]> =>
  (await place.call<{ items: Pod[] }>('GET', '/environments/production/pods')).items;

const bodyOf = async ({ port, url }: RunOptions) => (await askGateway({ port, url })).body;
