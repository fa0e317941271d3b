/** One process as the cluster shows it. `failure` is set where more waiting cannot help. */
export interface ObservedProcess {
  readonly name: string;
  readonly desired: number;
  readonly updated: number;
  readonly available: number;
  readonly complete: boolean;
  readonly failure?: string;
  readonly waiting?: string;
}

/** So long a step may wait for its processes. */
export const stepDeadlineSeconds = 600;

export function explainDeadline(late: ObservedProcess | undefined): string {
  const why = late ? `${late.name}: ${late.waiting ?? describeProcess(late)}` : 'it made no progress';
  return `Not ready within ${stepDeadlineSeconds / 60} minutes. ${why}`;
}

export function describeProcess(process: ObservedProcess): string {
  const ready = `${process.available} of ${process.desired} ready`;
  return process.waiting ? `${ready}; ${process.waiting}` : ready;
}
