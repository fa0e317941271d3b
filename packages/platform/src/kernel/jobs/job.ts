import { SetMetadata } from '@nestjs/common';
import type { z } from 'zod';

/** A kind of work of the worker. It may run more than once: its processor looks at the world and moves it one step on. */
export interface JobDefinition<T extends object> {
  /** The queue's name, a feature's: jobs of one queue share `concurrency`. */
  readonly queue: string;
  /** `feature.verb`, e.g. `environments.provision`. */
  readonly name: string;
  readonly payload: z.ZodType<T>;
  /** Runs before it is given up. Back-off is exponential from `backoffSeconds`, at most a minute. */
  readonly attempts: number;
  readonly backoffSeconds: number;
  /** How many run at once in one worker process. Default 4; the largest of a queue's jobs counts. */
  readonly concurrency?: number;
}

export function defineJob<T extends object>(definition: JobDefinition<T>): JobDefinition<T> {
  return definition;
}

export interface JobContext {
  readonly id: string;
  /** From 1. */
  readonly attempt: number;
  readonly isLastAttempt: boolean;
  /** Aborts when the worker drains: stop at the next safe point and throw; the job will run again. */
  readonly signal: AbortSignal;
}

/** A provider that processes the jobs of one definition; mark it with `@Processes(definition)`. */
export interface JobProcessor<T extends object> {
  run(payload: T, context: JobContext): Promise<void>;
  /** Called once when the last attempt failed: write down the failure where users see it. */
  giveUp?(payload: T, error: Error): Promise<void>;
}

export const processesKey = Symbol('processes');

/** Marks a provider of the worker as the processor of a job. */
export const Processes = <T extends object>(definition: JobDefinition<T>) => SetMetadata(processesKey, definition);

/** Throw it from a processor when trying again cannot help. */
export class JobAbandoned extends Error {
  override readonly name = 'JobAbandoned';
}
