import type { Command } from 'commander';
import { APP_ENVIRONMENT, read, toDryRun } from '../api.js';
import { usageError } from '../errors.js';
import { followRollout } from '../follow.js';
import { withExamples } from '../help.js';
import { parseScale } from '../parse.js';
import { type Cli, type CommonOptions, withScope } from '../session.js';
import { tellPlan } from './plan.js';

interface ScaleOptions extends CommonOptions {
  readonly cpu?: string;
  readonly memory?: string;
  readonly process: string;
  readonly dryRun?: boolean;
  readonly wait: boolean;
}

export function registerScale(program: Command, cli: Cli): void {
  const command = program
    .command('scale')
    .description('Show or change how many pods run of each process, and with what.')
    .argument('[process=number...]', 'replicas, web=3 for instance')
    .option('--cpu <quantity>', 'CPU of each pod, 250m for instance')
    .option('--memory <quantity>', 'memory of each pod, 128Mi for instance')
    .option('--process <name>', 'process that --cpu and --memory are for', 'web')
    .option('--dry-run', 'say what it would do, and change nothing')
    .option('--no-wait', 'return when the change is accepted');
  withScope(command, 'environment').action((words: string[], options: ScaleOptions) => scale(cli, words, options));
  withExamples(
    command,
    'slipway scale --app shop',
    'slipway scale web=3 worker=1 --app shop',
    'slipway scale --memory 256Mi --app shop',
    'slipway scale web=5 --app shop --dry-run',
  );
}

async function scale(cli: Cli, words: readonly string[], options: ScaleOptions): Promise<void> {
  const replicas = parseScale(words);
  const { cpu, memory } = options;
  for (const amount of [cpu, memory])
    if (amount !== undefined && !/^\d+(\.\d+)?(m|k|M|G|T|Ki|Mi|Gi|Ti)?$/.test(amount))
      throw usageError(`'${amount}' is not an amount.`, 'Write 250m or 128Mi, for example.');
  const { api, out, environment } = await cli.open(options);
  const path = await environment();
  const processes: Record<string, { replicas?: number; resources?: { cpu?: string; memory?: string } }> =
    Object.fromEntries(Object.entries(replicas).map(([name, count]) => [name, { replicas: count }]));
  if (cpu || memory) processes[options.process] = { ...processes[options.process], resources: { cpu, memory } };
  const isChange = Object.keys(processes).length > 0;
  const query = toDryRun(options);
  const changed = isChange
    ? await read(api.PATCH(`${APP_ENVIRONMENT}/scaling`, { params: { path, query }, body: { processes } }))
    : undefined;
  if (changed && options.dryRun) return out.text(changed.plan, tellPlan);
  if (changed?.rollout && options.wait) await followRollout(api, cli.io, path, changed.rollout);
  const scaling = await read(api.GET(`${APP_ENVIRONMENT}/scaling`, { params: { path } }));
  const rows = Object.entries(scaling.processes).map(([name, process]) => ({ name, ...process }));
  out.list(rows, [
    { header: 'PROCESS', value: (row) => row.name },
    { header: 'REPLICAS', value: (row) => row.replicas },
    { header: 'READY', value: (row) => row.ready },
    { header: 'CPU', value: (row) => row.resources?.cpu },
    { header: 'MEMORY', value: (row) => row.resources?.memory },
  ]);
}
