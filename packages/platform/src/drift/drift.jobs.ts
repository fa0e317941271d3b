import { Injectable } from '@nestjs/common';
import { type JobContext, type JobProcessor, Processes } from '../kernel/jobs/job.js';
import { type LookForDrift, lookForDrift } from './drift.job-definitions.js';
import { DriftLooks } from './drift-looks.service.js';

@Processes(lookForDrift)
@Injectable()
export class LookForDriftProcessor implements JobProcessor<LookForDrift> {
  constructor(private readonly looks: DriftLooks) {}

  async run(payload: LookForDrift, { signal }: JobContext): Promise<void> {
    await this.looks.run(payload, signal);
  }
}
