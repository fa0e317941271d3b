import { Injectable } from '@nestjs/common';
import { Database, type EnvironmentModel } from '../kernel/database/index.js';
import { EventLog } from '../kernel/events/event-log.js';
import type { EnvironmentJob } from './environments.job-definitions.js';
import { EnvironmentsRepository } from './environments.repository.js';

/** Moves an environment's state with the news of it. */
@Injectable()
export class EnvironmentStates {
  constructor(
    private readonly environments: EnvironmentsRepository,
    private readonly database: Database,
    private readonly events: EventLog,
  ) {}

  async set(job: EnvironmentJob, from: EnvironmentModel['state'], to: string, message: string | null): Promise<void> {
    await this.database.transaction(async (tx) => {
      const row = await this.environments.findLocked(tx, job.tenantId, job.environmentId);
      if (row?.state !== from) return;
      await this.environments.update(tx, row.id, { state: to, message });
      const resource = `projects/${job.project}/environments/${job.environment}`;
      const keys = { tenantId: job.tenantId, projectId: job.projectId };
      await this.events.record(tx, { ...keys, type: 'environment.updated', resource, data: { state: to } });
    });
  }
}
