import type { Schemas } from '@slipway/sdk';
import type { Command } from 'commander';
import { APP_ENVIRONMENT, read } from '../api.js';
import { CliError } from '../errors.js';
import { formatSeconds } from '../format.js';
import { withExamples } from '../help.js';
import { parseCount, parseDuration, parsePercent } from '../parse.js';
import { type Cli, type CommonOptions, withScope } from '../session.js';
import { readStrategy } from '../strategy-input.js';
import { type Column, renderTable } from '../table.js';

type DryRun = Schemas['StrategyDryRun'];
type DryRunOptions = CommonOptions & {
  readonly file?: string;
  readonly hours: number;
  readonly errorPercent: number;
  readonly promoteAfter: number;
};

export function registerStrategyDryRun(strategy: Command, cli: Cli): void {
  const dryRun = strategy
    .command('dry-run')
    .description('Say what a canary would have met on the traffic of the last hours; nothing is changed.')
    .argument('[preset]', 'one of its presets; without one and without a file, the strategy in force')
    .option('-f, --file <file>', 'as for set')
    .option('--hours <number>', 'so much of the past is looked at, 168 at most', parseCount, 24)
    .option('--error-percent <number>', 'so many more of the requests to the new release fail', parsePercent, 5)
    .option('--promote-after <duration>', 'when somebody promotes a step that waits for it', parseDuration, 600);
  withScope(dryRun, 'environment').action(async (preset: string | undefined, options: DryRunOptions) => {
    const { api, out, environment } = await cli.open(options);
    const path = await environment();
    const named = await readStrategy(api, cli.io, { preset, file: options.file });
    const wanted = named ?? (await read(api.GET(`${APP_ENVIRONMENT}/strategy`, { params: { path } }))).strategy;
    if (wanted.type !== 'canary')
      throw new CliError('strategy-without-steps', `A strategy of the kind ${wanted.type} meets no traffic by steps.`, {
        exit: 'usage',
        remedy: "Name a canary: 'slipway strategy presets' lists some to begin with.",
      });
    const body = {
      strategy: wanted,
      hours: options.hours,
      errorPercent: options.errorPercent,
      promoteAfterSeconds: options.promoteAfter,
    };
    const found = await read(api.POST(`${APP_ENVIRONMENT}/strategy/dry-run`, { params: { path }, body }));
    out.text(found, (run) => tellDryRun(run, options.errorPercent));
  });
  withExamples(
    dryRun,
    'slipway strategy dry-run --app shop',
    'slipway strategy dry-run canary-5-25-50 --app shop --hours 168 --error-percent 1',
  );
}

type Step = DryRun['steps'][number];

/** A table of the steps, and what would have become of an error. */
export function tellDryRun(run: DryRun, percent: number): string {
  const isKnown = (step: Step) => run.isMeasured && step.seconds > 0;
  const columns: readonly Column<Step>[] = [
    { header: 'STEP', value: ({ name }) => name },
    { header: 'AFTER', value: ({ startsAfterSeconds }) => formatSeconds(startsAfterSeconds) },
    { header: 'LASTS', value: lengthOf },
    { header: 'WEIGHT', value: ({ weight }) => `${weight} %` },
    { header: 'NEW', value: (step) => (isKnown(step) ? `${step.candidateRequests} of ${step.requests}` : '-') },
    { header: 'SAMPLES', value: (step) => samplesOf(step) },
  ];
  const all = run.traffic.reduce((sum, bucket) => sum + (bucket?.requests ?? 0), 0);
  const traffic = !run.isMeasured
    ? 'The series of the gateway cannot be read now: times are right, requests are not known.'
    : `${Math.round(all)} requests were measured since ${run.startsAt}.`;
  return [renderTable(run.steps, columns), '', traffic, verdictOf(run, percent)].join('\n');
}

function lengthOf({ seconds, isManual }: Step): string {
  if (seconds === 0) return '-';
  return `${formatSeconds(seconds)}${isManual ? ' (assumed)' : ''}`;
}

function samplesOf({ samples, minimumSamples, seconds }: Step): string {
  if (samples === null || seconds === 0) return '-';
  return minimumSamples !== null && samples < minimumSamples ? `${samples} of ${minimumSamples} needed` : `${samples}`;
}

function verdictOf({ caught, uncaught, steps }: DryRun, percent: number): string {
  if (caught)
    return `An error of ${percent} % would be caught after ${formatSeconds(caught.afterSeconds)}, in the step ${steps[caught.step]?.name ?? '-'}: ${caught.badRequests} failed requests, ${caught.harmedPercent} % of all until then.`;
  switch (uncaught) {
    case 'no-analysis':
      return `Nothing looks at failed requests here: an error of ${percent} % would go on to all users. Add an analysis of request-success-rate.`;
    case 'too-late':
      return `An error of ${percent} % would not be caught before all steps are over: make them longer, or give them more weight.`;
    default:
      return 'Without traffic nothing can be said of errors.';
  }
}
