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
