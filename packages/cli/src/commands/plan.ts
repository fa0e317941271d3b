import type { Schemas } from '@slipway/sdk';
import type { Command } from 'commander';
import { APP_ENVIRONMENT, type Api, read } from '../api.js';
import { usageError } from '../errors.js';
import { withExamples } from '../help.js';
import { type Io, paint } from '../io.js';
import type { Output } from '../output.js';
import { parseNumber } from '../parse.js';
import { type Cli, type CommonOptions, withScope } from '../session.js';

type Plan = Schemas['RolloutPlan'];

interface PlanOptions extends CommonOptions {
  readonly release?: number;
  readonly image?: string;
  readonly build?: number;
}

interface Place {
  readonly tenant: string;
  readonly project: string;
  readonly application: string;
  readonly environment: string;
}

export function registerPlan(program: Command, cli: Cli): void {
  const command = program
    .command('plan')
    .description('Show what a rollout would change: objects, routes, quota, policies, consent, steps. Changes nothing.')
    .option('--release <number>', 'of this release; without it, of the one that would be made now', parseNumber)
    .option('--image <reference>', 'of a release of this image')
    .option('--build <number>', 'of a release of this build', parseNumber);
  withScope(command, 'environment').action(async (options: PlanOptions) => {
    const { release, image, build } = options;
    if ([release, image, build].filter((each) => each !== undefined).length > 1)
      throw usageError('--release, --image and --build exclude each other.');
    const { api, out, environment } = await cli.open(options);
    await showPlan(api, cli.io, out, await environment(), { release, image, build });
  });
  withExamples(command, 'slipway plan --app shop', 'slipway plan --app shop --release 7 --environment production');
}

export async function showPlan(
  api: Api,
  io: Io,
  out: Output,
  path: Place,
  body: Pick<PlanOptions, 'release' | 'image' | 'build'>,
): Promise<void> {
  const plan = await read(api.POST(`${APP_ENVIRONMENT}/plan`, { params: { path: { ...path } }, body }));
  for (const { path: field, message } of plan.warnings)
    io.stderr.write(`${paint(io, 'stderr', 'yellow', '!')} ${field}: ${message}\n`);
  out.text(plan, tellPlan);
}

const signs = { create: '+', update: '~', delete: '-' } as const;

/** What a change would do, in lines; null where nothing is in force that it could move. */
export const tellPlan = (plan: Plan | null): string =>
  plan ? renderPlan(plan).join('\n') : 'Nothing is in force here: the next release takes it.';

function renderPlan(plan: Plan): string[] {
  const from = plan.previousRelease === null ? 'nothing' : `release ${plan.previousRelease}`;
  const to = plan.release === null ? `a new release of ${plan.image}` : `release ${plan.release} (${plan.image})`;
  const isSame = plan.release !== null && plan.release === plan.previousRelease;
  return [
    isSame ? `Release ${plan.release} stays.` : `From ${from} to ${to}, by ${plan.strategy.type}.`,
    ...section('Objects', plan.objects.flatMap(renderObject)),
    ...section('Routes', plan.routes),
    ...section('Quota', [
      ...plan.quota.amounts.filter(({ before, after, surge }) => before !== after || surge !== null).map(toAmount),
      ...(plan.quota.message ? [`No room: ${plan.quota.message}`] : []),
    ]),
    ...section(
      'Image policies',
      plan.policies.map(({ mode, policy, message }) => `${mode} ${policy}: ${message}`),
    ),
    ...section('Consent', [
      ...(plan.consent.freeze ? [`The freeze ${plan.consent.freeze} is on.`] : []),
      ...(plan.consent.isNeeded ? ['Somebody must approve before it begins.'] : []),
    ]),
    ...section(
      'Steps',
      plan.steps.map(({ name, seconds }) => (seconds === null ? `${name} (until it is promoted)` : name)),
    ),
    ...(plan.isRefused ? ['', 'It would be refused now.'] : []),
  ];
}

function toAmount({ resource, before, after, surge }: Plan['quota']['amounts'][number]): string {
  const held = before === after ? (after ?? '0') : `${before ?? 0} → ${after ?? 0}`;
  return `${resource}: ${held}${surge === null ? '' : `, and ${surge} more while it goes on`}`;
}

function renderObject({ kind, name, action, changes }: Plan['objects'][number]): string[] {
  return [
    `${signs[action]} ${kind}/${name}`,
    ...changes.map(({ path, before, after }) => `    ${path}: ${toText(before)} → ${toText(after)}`),
  ];
}

const toText = (value: unknown): string => (typeof value === 'string' ? value : JSON.stringify(value ?? null));

/** Nothing where there is nothing to say. */
function section(title: string, lines: readonly string[]): string[] {
  return lines.length === 0 ? [] : ['', title, ...lines.map((line) => `  ${line}`)];
}
