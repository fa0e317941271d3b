import type { Command } from 'commander';
import { APP_ENVIRONMENT, read } from '../api.js';
import { followRollout } from '../follow.js';
import { withExamples } from '../help.js';
import { parseNumber } from '../parse.js';
import { type Cli, type CommonOptions, withScope } from '../session.js';

interface PromoteOptions extends CommonOptions {
  readonly from: string;
  readonly to: string;
  readonly release?: number;
  readonly force?: boolean;
  readonly override?: string;
  readonly dryRun?: boolean;
  readonly wait: boolean;
}

export function registerPromote(program: Command, cli: Cli): void {
  const command = program
    .command('promote')
    .description('Roll out in one environment the very release that runs in another.')
    .requiredOption('--from <environment>', 'where it comes from')
    .requiredOption('--to <environment>', 'where it goes')
    .option('--release <number>', 'not the one that runs there, but this', parseNumber)
    .option('--force', 'also where it is not healthy (rollouts:force)')
    .option('--override <reason>', 'in spite of a freeze')
    .option('--dry-run', 'say what it changes and what stands in its way')
    .option('--no-wait', 'return when the rollout has started');
  withScope(command, 'application').action((options: PromoteOptions) => promote(cli, options));
  withExamples(command, 'slipway promote --app web --from staging --to production --dry-run');
}

async function promote(cli: Cli, { from, to, release, ...options }: PromoteOptions): Promise<void> {
  const { api, out, application } = await cli.open(options);
  const path = await application();
  const place = { ...path, environment: to };
  if (options.dryRun) {
    const params = { path: place, query: { from, release } };
    const plan = await read(api.GET(`${APP_ENVIRONMENT}/promotions/plan`, { params }));
    return out.object(plan, () => [
      ['release', plan.release],
      ['hash', plan.hash],
      [`now in ${to}`, plan.current],
      [`healthy in ${from}`, plan.healthy ? 'yes' : 'no'],
      ['frozen', plan.freeze ?? 'no'],
      ['approval', plan.approvalNeeded ? 'needed' : 'not needed'],
      ...plan.changes.map(
        (change) => [change.path, `${JSON.stringify(change.before)} → ${JSON.stringify(change.after)}`] as const,
      ),
    ]);
  }
  const body = { from, release, force: options.force ?? false, overrideFreeze: options.override };
  const rollout = await read(api.POST(`${APP_ENVIRONMENT}/promotions`, { params: { path: place }, body }));
  cli.io.stderr.write(`Promoting release ${rollout.release} from ${from} to ${to}\n`);
  if (rollout.approval?.state === 'pending') cli.io.stderr.write(`It waits for an approval: ${rollout.approval.url}\n`);
  const followed = options.wait ? await followRollout(api, cli.io, path, rollout.id) : rollout;
  out.object(followed, () => [
    ['rollout', followed.id],
    ['release', followed.release],
    ['state', followed.state],
  ]);
}
