import { Injectable } from '@nestjs/common';
import { DiscoveryService } from '@nestjs/core';
import { type JobDefinition, type JobProcessor, processesKey } from './job.js';

export interface RegisteredJob {
  readonly definition: JobDefinition<object>;
  readonly processor: JobProcessor<object>;
}

/** The processors among this process's providers, by the name of their job. */
@Injectable()
export class JobRegistry {
  private jobs: Map<string, RegisteredJob> | undefined;

  constructor(private readonly discovery: DiscoveryService) {}

  list(): RegisteredJob[] {
    return [...this.all().values()];
  }

  find(name: string): JobDefinition<object> | undefined {
    return this.all().get(name)?.definition;
  }

  /** By queue: so many jobs of one tenant are with the workers at once. The rest of their places is for other tenants. */
  shares(): ReadonlyMap<string, number> {
    return new Map([...this.concurrencies()].map(([queue, places]) => [queue, Math.max(1, Math.floor(places * 0.75))]));
  }

  /** By queue: how many jobs run at once in one worker. */
  concurrencies(): ReadonlyMap<string, number> {
    const most = new Map<string, number>();
    for (const { definition } of this.list())
      most.set(definition.queue, Math.max(most.get(definition.queue) ?? 1, definition.concurrency ?? 4));
    return most;
  }

  getProcessor(name: string): RegisteredJob {
    const job = this.all().get(name);
    if (!job) throw new Error(`No processor for the job ${name} is in this worker's modules.`);
    return job;
  }

  private all(): Map<string, RegisteredJob> {
    this.jobs ??= this.discover();
    return this.jobs;
  }

  private discover(): Map<string, RegisteredJob> {
    const jobs = new Map<string, RegisteredJob>();
    for (const wrapper of this.discovery.getProviders()) {
      if (!wrapper.metatype || !wrapper.instance) continue;
      const definition: JobDefinition<object> | undefined = Reflect.getMetadata(processesKey, wrapper.metatype);
      if (definition) jobs.set(definition.name, { definition, processor: wrapper.instance as JobProcessor<object> });
    }
    return jobs;
  }
}
