import type { Command } from 'commander';
import { APPLICATION, read, readAll } from '../api.js';
import { CliError } from '../errors.js';
import { followRollout } from '../follow.js';
import { formatAge, formatDuration } from '../format.js';
import { parseCount } from '../parse.js';
import { type Cli, type CommonOptions, withScope } from '../session.js';
import type { Rollout } from '../types.js';

export function registerRollouts(program: Command, cli: Cli): void {
  const rollouts = program
    .command('rollouts')
    .alias('rollout')
    .description('List and watch the rollouts of an application.');

  const list = rollouts
    .command('list')
    .alias('ls')
    .description('List the rollouts, newest first.')
    .option('--limit <number>', 'at most so many', parseCount, 20);
  withScope(list, 'application').action(async (options: CommonOptions & { limit: number }) => {
    const { api, out, application } = await cli.open(options);
    const path = await application();
    out.list(await readAll((query) => api.GET(`${APPLICATION}/rollouts`, { params: { path, query } }), options.limit), [
      { header: 'ID', value: (rollout) => rollout.id },
      { header: 'ENVIRONMENT', value: (rollout) => rollout.environment },
      { header: 'RELEASE', value: (rollout) => rollout.release },
      { header: 'FROM', value: (rollout) => rollout.previousRelease },
      { header: 'STATE', value: (rollout) => rollout.state },
      { header: 'AGE', value: (rollout) => formatAge(rollout.createdAt, cli.io.now()) },
    ]);
  });

  withScope(rollouts.command('get').description('Show one rollout.').argument('<id>'), 'application').action(
    async (id: string, options: CommonOptions) => {
      const { api, out, application } = await cli.open(options);
      const rollout = await read(
        api.GET(`${APPLICATION}/rollouts/{id}`, { params: { path: { ...(await application()), id } } }),
      );
      out.object(rollout, toFields(cli));
    },
  );

  const watch = rollouts
    .command('watch')
    .description('Follow a rollout to its end; without an id, the newest.')
    .argument('[id]');
  withScope(watch, 'application').action(async (id: string | undefined, options: CommonOptions) => {
    const { api, out, application } = await cli.open(options);
    const path = await application();
    const newest =
      id ?? (await readAll((query) => api.GET(`${APPLICATION}/rollouts`, { params: { path, query } }), 1))[0]?.id;
    if (!newest)
      throw new CliError('rollout-not-found', `${path.application} has no rollout yet.`, { exit: 'notFound' });
    out.object(await followRollout(api, cli.io, path, newest), toFields(cli));
  });

  withScope(
    rollouts.command('abort').description('Stop a rollout that goes on.').argument('<id>'),
    'application',
  ).action(async (id: string, options: CommonOptions) => {
    const { api, out, application } = await cli.open(options);
    await read(api.POST(`${APPLICATION}/rollouts/{id}/abort`, { params: { path: { ...(await application()), id } } }));
    out.note(`Rollout ${id} is being aborted.`);
  });
}

function toFields(cli: Cli) {
  return (rollout: Rollout) =>
    [
      ['rollout', rollout.id],
      ['environment', rollout.environment],
      ['release', rollout.release],
      ['from', rollout.previousRelease],
      ['state', rollout.state],
      ...rollout.steps.map(
        (step) =>
          [
            step.name,
            [
              step.state,
              step.startedAt ? formatDuration(step.startedAt, step.finishedAt, cli.io.now()) : undefined,
              step.message,
            ]
              .filter(Boolean)
              .join('  '),
          ] as const,
      ),
    ] as const;
}
