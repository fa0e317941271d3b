import { createInterface } from 'node:readline';
import type { KubeClient } from '@slipway/orchestrator/client';
import type { Clock } from '../kernel/clock/clock.js';
import type { BuildLogWriter } from './build-log.js';
import { reportMark } from './builds.rules.js';

const keptLines = 20;
const endMilliseconds = 10_000;

/** Copies a build pod's log into the build's own, from where an earlier follower stopped. */
export class BuildFollower {
  private following: Promise<void> | undefined;
  private readonly ending = new AbortController();
  private seen = 0;
  private kept: string[] = [];

  constructor(
    private readonly client: KubeClient,
    private readonly namespace: string,
    private readonly pod: string,
    private readonly log: BuildLogWriter,
    private readonly clock: Clock,
  ) {}

  /** The end of what was read, for the report of a build. */
  get lastLines(): readonly string[] {
    return this.kept;
  }

  /** Harmless to call again. */
  start(signal: AbortSignal): void {
    this.following ??= this.follow(AbortSignal.any([signal, this.ending.signal]));
  }

  /** Waits until the rest of the log has come, but not for ever. */
  async end(): Promise<void> {
    await Promise.race([this.following, this.clock.sleep(endMilliseconds, this.ending.signal)]);
    this.ending.abort();
    await this.following;
  }

  private async follow(signal: AbortSignal): Promise<void> {
    for (let attempt = 0; attempt < 5 && !signal.aborted; attempt++) {
      this.seen = 0;
      try {
        await this.copy(signal);
        return;
      } catch {
        // A stream that breaks off is opened again: what is written already is skipped by its count.
        await this.clock.sleep(1_000, signal);
      }
    }
  }

  private copied = 0;

  private async copy(signal: AbortSignal): Promise<void> {
    const stream = await this.client.podLog(this.namespace, this.pod, {
      container: 'build',
      follow: true,
      timestamps: true,
      signal,
    });
    const isKnown = (count: number): boolean => count <= Math.max(this.log.outputLines, this.copied);
    for await (const line of createInterface({ input: stream, crlfDelay: Number.POSITIVE_INFINITY })) {
      const space = line.indexOf(' ');
      const at = line.slice(0, space);
      const text = line.slice(space + 1);
      this.kept = [...this.kept, text].slice(-keptLines);
      if (text.startsWith(reportMark)) continue;
      this.seen += 1;
      if (isKnown(this.seen)) continue;
      this.copied = this.seen;
      await this.log.write({
        at: Number.isNaN(Date.parse(at)) ? this.clock.now().toISOString() : at,
        stream: 'output',
        text,
      });
    }
  }
}
