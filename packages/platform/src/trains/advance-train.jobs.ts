import { Injectable } from '@nestjs/common';
import { Clock } from '../kernel/clock/clock.js';
import { type JobContext, type JobProcessor, Processes } from '../kernel/jobs/job.js';
import { TrainSteps } from './train-steps.service.js';
import { advanceTrain } from './trains.job-definitions.js';

const lookMilliseconds = 500;

/**
 * Looks at a train until it is over. Each look is one transaction that locks the train, so another worker takes over at any point and
 * two at once do nothing twice.
 */
@Processes(advanceTrain)
@Injectable()
export class AdvanceTrainProcessor implements JobProcessor<{ trainId: string }> {
  private readonly underway = new Set<string>();

  constructor(
    private readonly steps: TrainSteps,
    private readonly clock: Clock,
  ) {}

  async run({ trainId }: { trainId: string }, { signal }: JobContext): Promise<void> {
    // Who looks at it here will see what was asked.
    if (this.underway.has(trainId)) return;
    this.underway.add(trainId);
    try {
      while (!(await this.steps.step(trainId))) {
        await this.clock.sleep(lookMilliseconds, signal);
        signal.throwIfAborted();
      }
    } finally {
      this.underway.delete(trainId);
    }
  }

  async giveUp({ trainId }: { trainId: string }, error: Error): Promise<void> {
    await this.steps.giveUp(trainId, error.message);
  }
}
