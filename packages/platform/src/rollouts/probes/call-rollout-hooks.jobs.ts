import { Injectable } from '@nestjs/common';
import { Database } from '../../kernel/database/index.js';
import { type JobContext, type JobProcessor, Processes } from '../../kernel/jobs/job.js';
import { RolloutRecord } from '../rollout-record.js';
import { readRollout, readStrategy } from '../rollouts.codec.js';
import { type CallRolloutHook, callRolloutHook } from '../rollouts.job-definitions.js';
import { toPayload } from './rollout-measurements.service.js';
import { postRolloutHooks } from './web-hooks.rules.js';
import { WebProbes } from './web-probe.service.js';

/** Tells a `post-rollout` hook that a rollout is over. A server that is away is told again for a while. */
@Processes(callRolloutHook)
@Injectable()
export class CallRolloutHookProcessor implements JobProcessor<CallRolloutHook> {
  constructor(
    private readonly database: Database,
    private readonly record: RolloutRecord,
    private readonly web: WebProbes,
  ) {}

  async run({ rolloutId, hook: name }: CallRolloutHook, { signal }: JobContext): Promise<void> {
    const loaded = await this.record.load(rolloutId);
    const hook = loaded && postRolloutHooks(readStrategy(loaded.row.strategy)).find((each) => each.name === name);
    if (!loaded || !hook) return;
    const release = await this.database.read.release.findUniqueOrThrow({ where: { id: loaded.row.releaseId } });
    const payload = toPayload(loaded.scope, readRollout(loaded.row), release);
    const outcome = await this.web.callHook(hook, payload, signal);
    if (outcome.type === 'decided' && outcome.phase === 'failed') throw new Error(`${name}: ${outcome.message}`);
  }
}
