import { setTimeout as delay } from 'node:timers/promises';
import { ApiError, streamEvents } from '@slipway/sdk';
import { APPLICATION, type Api, asEvents, PROJECT, read } from './api.js';
import { CliError, exitOfStatus } from './errors.js';
import { type Io, paint } from './io.js';
import type { Build, LogLine, Rollout, RolloutStep, Train } from './types.js';

export type ApplicationPath = { tenant: string; project: string; application: string };

const pollMilliseconds = 500;
/** How long following goes on without an answer: a restart of the API must not end a deploy. */
const patienceMilliseconds = 60_000;

/**
 * Prints a build's log as it grows, to stderr, and waits for its end.
 * @throws CliError `build-failed`, `build-cancelled`
 */
export async function followBuild(api: Api, io: Io, path: ApplicationPath, number: number): Promise<Build> {
  let printed = 0;
  const build = await untilDone(io, async () => {
    // After a broken stream the log is read again from its start; what was printed is passed over.
    let seen = 0;
    for await (const line of readLog(api, io, path, number)) {
      seen += 1;
      if (seen <= printed) continue;
      io.stderr.write(`${line.text}\n`);
      printed = seen;
    }
    const found = await read(
      api.GET(`${APPLICATION}/builds/{number}`, {
        params: { path: { ...path, number: String(number) } },
        signal: io.signal,
      }),
    );
    return found.state === 'queued' || found.state === 'running' ? undefined : found;
  });
  if (build.state === 'succeeded') return build;
  throw new CliError(`build-${build.state}`, `Build ${number} ${build.state}${describe(build.error)}.`, {
    exit: 'failed',
    remedy:
      build.state === 'failed' ? `Read its log: slipway builds log ${number} --app ${path.application}` : undefined,
  });
}

export async function* readLog(api: Api, io: Io, path: ApplicationPath, number: number): AsyncGenerator<LogLine> {
  const answer = await api.GET(`${APPLICATION}/builds/{number}/log`, {
    params: { path: { ...path, number: String(number) } },
    signal: io.signal,
    ...asEvents,
  });
  for await (const event of streamEvents(answer.response)) {
    if (event.event === 'end') return;
    if (event.event === 'line') yield JSON.parse(event.data) as LogLine;
  }
}

/** The rollout that a build with `deploy` starts; it appears a moment after the build's end. */
export async function rolloutOfBuild(api: Api, io: Io, path: ApplicationPath, number: number): Promise<string> {
  const deadline = Date.now() + patienceMilliseconds;
  return untilDone(io, async () => {
    const build = await read(
      api.GET(`${APPLICATION}/builds/{number}`, {
        params: { path: { ...path, number: String(number) } },
        signal: io.signal,
      }),
    );
    if (build.rollout) return build.rollout;
    if (Date.now() > deadline)
      throw new CliError(
        'rollout-missing',
        `Build ${number} succeeded but no rollout followed${describe(build.error)}.`,
        {
          exit: 'failed',
          remedy: `Look at 'slipway rollouts list --app ${path.application}'.`,
        },
      );
    return undefined;
  });
}

/**
 * Prints a rollout's steps as they change, to stderr, and waits for its end, or for the pause that waits for somebody.
 * @throws CliError `rollout-failed`, `rollout-aborted`
 */
export async function followRollout(
  api: Api,
  io: Io,
  path: ApplicationPath,
  id: string,
  stopsAtPause = true,
): Promise<Rollout> {
  const printed = new Map<string, string>();
  const rollout = await untilDone(io, async () => {
    const found = await read(
      api.GET(`${APPLICATION}/rollouts/{id}`, { params: { path: { ...path, id } }, signal: io.signal }),
    );
    for (const step of found.steps) {
      const text = stepText(io, step);
      if (text && printed.get(step.name) !== text) {
        io.stderr.write(`${text}\n`);
        printed.set(step.name, text);
      }
    }
    const isOpen = found.state === 'pending' || found.state === 'progressing';
    const waitsForSomebody = found.state === 'paused' && (found.held || found.pausedUntil === null);
    return isOpen || (found.state === 'paused' && !(waitsForSomebody && stopsAtPause)) ? undefined : found;
  });
  if (rollout.state === 'healthy' || rollout.state === 'paused') return rollout;
  const step = rollout.steps.find((candidate) => candidate.state === 'failed');
  const reason = describe(rollout.error) || (step?.message ? `: ${step.message}` : '');
  throw new CliError(
    `rollout-${rollout.state}`,
    `The rollout of release ${rollout.release} to ${rollout.environment} ${rollout.state}${reason}.`,
    {
      exit: 'failed',
      remedy: `Look at 'slipway logs --app ${path.application}' and 'slipway pods --app ${path.application}'; 'slipway rollback' goes back.`,
    },
  );
}

/**
 * Prints what becomes of a train's cars, to stderr, and waits for its end, or until it waits for somebody.
 * @throws CliError `train-failed`, `train-aborted`
 */
export async function followTrain(
  api: Api,
  io: Io,
  path: { tenant: string; project: string; train: string },
  stopsAtPause: boolean,
): Promise<Train> {
  const printed = new Map<string, string>();
  const train = await untilDone(io, async () => {
    const found = await read(api.GET(`${PROJECT}/trains/{train}`, { params: { path }, signal: io.signal }));
    for (const { application, state, message } of found.cars) {
      const text = `${application}: ${state}${message ? `: ${message}` : ''}`;
      if (state !== 'pending' && printed.get(application) !== text) io.stderr.write(`${text}\n`);
      printed.set(application, text);
    }
    const isOpen = found.state === 'progressing' || (found.state === 'paused' && !stopsAtPause);
    return isOpen ? undefined : found;
  });
  if (train.state === 'healthy' || train.state === 'paused') return train;
  throw new CliError(`train-${train.state}`, `Train ${train.name} ${train.state}${describe(train.reason)}.`, {
    exit: 'failed',
    remedy: `Look at 'slipway trains get ${train.name}', and at the car's rollout with 'slipway rollouts get'.`,
  });
}

function stepText(io: Io, step: RolloutStep): string | undefined {
  const message = step.message ? `: ${step.message}` : '';
  switch (step.state) {
    case 'pending':
    case 'skipped':
      return undefined;
    case 'succeeded':
      return `${paint(io, 'stderr', 'green', '✓')} ${step.name}${message}`;
    case 'failed':
      return `${paint(io, 'stderr', 'red', '✗')} ${step.name}${message}`;
    default:
      return `${paint(io, 'stderr', 'yellow', '…')} ${step.name}${message}`;
  }
}

/** Asks until there is an answer, through short outages of the server. */
async function untilDone<T>(io: Io, look: () => Promise<T | undefined>): Promise<T> {
  let lastAnswer = Date.now();
  for (;;) {
    try {
      const found = await look();
      if (found !== undefined) return found;
      lastAnswer = Date.now();
    } catch (error) {
      if (io.signal.aborted) throw error;
      if (!isOutage(error) || Date.now() - lastAnswer > patienceMilliseconds) throw error;
    }
    await delay(pollMilliseconds, undefined, { signal: io.signal });
  }
}

function isOutage(error: unknown): boolean {
  if (error instanceof ApiError) return exitOfStatus(error.status) === 'unavailable';
  if (error instanceof CliError) return error.exit === 'unavailable';
  // A stream that the server's end cut: undici's "terminated".
  return error instanceof TypeError;
}

function describe(error: string | null): string {
  return error ? `: ${error.replace(/\.$/, '')}` : '';
}
