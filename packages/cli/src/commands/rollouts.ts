import type { Command } from 'commander';
import { APPLICATION, type Api, read, readAll } from '../api.js';
import { CliError } from '../errors.js';
import { readAnalysisRuns, toEvidence } from '../evidence.js';
import { type ApplicationPath, followRollout } from '../follow.js';
import { formatAge, formatDuration } from '../format.js';
import { toMatchFields } from '../match-words.js';
import { parseCount, parseNumber } from '../parse.js';
import { type Cli, type CommonOptions, withScope } from '../session.js';
import { renderSignals } from '../signals.js';
import type { Rollout, RolloutTransition } from '../types.js';

export function registerRollouts(program: Command, cli: Cli): void {
  const rollouts = program
    .command('rollouts')
    .alias('rollout')
    .description('List, watch and steer the rollouts of an application.');

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
      const path = { ...(await application()), id };
      const rollout = await read(api.GET(`${APPLICATION}/rollouts/{id}`, { params: { path } }));
      const transitions = await readAll((query) =>
        api.GET(`${APPLICATION}/rollouts/{id}/transitions`, { params: { path, query } }),
      );
      const analysisRuns = await readAnalysisRuns(api, path);
      out.object({ ...rollout, transitions, analysisRuns }, () => [
        ...toFields(cli)(rollout),
        ...analysisRuns.flatMap(toEvidence),
        ...transitions.map(toLine),
      ]);
    },
  );

  const watch = rollouts
    .command('watch')
    .description('Follow a rollout to its end; without an id, the newest.')
    .argument('[id]');
  withScope(watch, 'application').action(async (id: string | undefined, options: CommonOptions) => {
    const { api, out, application } = await cli.open(options);
    const path = await application();
    const newest = id ?? (await newestOf(api, path));
    out.object(await followRollout(api, cli.io, path, newest, false), toFields(cli));
  });

  const signals = rollouts
    .command('signals')
    .description('Show the golden signals of both releases, as last measured; without an id, of the newest rollout.')
    .argument('[id]');
  withScope(signals, 'application').action(async (id: string | undefined, options: CommonOptions) => {
    const { api, out, application } = await cli.open(options);
    const path = await application();
    const params = { path: { ...path, id: id ?? (await newestOf(api, path)) } };
    const found = await read(api.GET(`${APPLICATION}/rollouts/{id}/signals`, { params }));
    out.text(found, renderSignals);
  });

  const act = (name: 'pause' | 'resume' | 'abort' | 'retry', description: string, said: string) => {
    withScope(rollouts.command(name).description(description).argument('[id]'), 'application').action(
      async (id: string | undefined, options: CommonOptions) => {
        const { api, out, application } = await cli.open(options);
        const path = await application();
        const params = { path: { ...path, id: id ?? (await newestOf(api, path)) } };
        const rollout = await read(api.POST(`${APPLICATION}/rollouts/{id}/${name}`, { params }));
        out.note(`Rollout ${rollout.id} ${said}.`);
      },
    );
  };
  act('pause', 'Hold a rollout where it is; without an id, the newest.', 'is held');
  act('resume', 'Let a held rollout go on.', 'goes on');
  act('abort', 'Stop a rollout and put the release before back.', 'is being aborted');
  act('retry', 'Roll the same release out once more after a rollout that failed or was aborted.', 'has started');

  const promote = rollouts
    .command('promote')
    .description('Go on to the next step; without an id, of the newest rollout.')
    .argument('[id]')
    .option('--full', 'past all steps that are left')
    .option('--override <reason>', 'in spite of a freeze');
  withScope(promote, 'application').action(
    async (id: string | undefined, options: CommonOptions & { full?: boolean; override?: string }) => {
      const { api, out, application } = await cli.open(options);
      const path = await application();
      const params = { path: { ...path, id: id ?? (await newestOf(api, path)) } };
      const body = { full: options.full ?? false, overrideFreeze: options.override };
      const rollout = await read(api.POST(`${APPLICATION}/rollouts/{id}/promote`, { params, body }));
      out.note(`Rollout ${rollout.id} is promoted${options.full ? ' to its end' : ''}.`);
    },
  );

  const undo = rollouts
    .command('undo')
    .description('Put the release before back, or the one named; where its pods still run, in a second.')
    .option('--to <release>', 'number of the release', parseNumber)
    .option('--override <reason>', 'in spite of a freeze that refuses this, too')
    .option('--no-wait', 'return when the rollout has started');
  withScope(undo, 'environment').action(
    async (options: CommonOptions & { to?: number; override?: string; wait: boolean }) => {
      const { api, out, environment: resolve } = await cli.open(options);
      const { environment, ...path } = await resolve();
      const body = { environment, release: options.to, overrideFreeze: options.override };
      const rollout = await read(api.POST(`${APPLICATION}/rollback`, { params: { path }, body }));
      cli.io.stderr.write(`Going back to release ${rollout.release} in ${environment}\n`);
      const followed = options.wait ? await followRollout(api, cli.io, path, rollout.id) : rollout;
      out.object(followed, toFields(cli));
    },
  );

  const status = rollouts
    .command('status')
    .description('Show the newest rollout, or the one named.')
    .argument('[id]')
    .option('-w, --watch', 'follow it to its end');
  withScope(status, 'application').action(
    async (id: string | undefined, options: CommonOptions & { watch?: boolean }) => {
      const { api, out, application } = await cli.open(options);
      const path = await application();
      const wanted = id ?? (await newestOf(api, path));
      if (options.watch) return out.object(await followRollout(api, cli.io, path, wanted, false), toFields(cli));
      const params = { path: { ...path, id: wanted } };
      out.object(await read(api.GET(`${APPLICATION}/rollouts/{id}`, { params })), toFields(cli));
    },
  );
}

async function newestOf(api: Api, path: ApplicationPath): Promise<string> {
  const [newest] = await readAll((query) => api.GET(`${APPLICATION}/rollouts`, { params: { path, query } }), 1);
  if (newest) return newest.id;
  throw new CliError('rollout-not-found', `${path.application} has no rollout yet.`, { exit: 'notFound' });
}

function toFields(cli: Cli) {
  return (rollout: Rollout) =>
    [
      ['rollout', rollout.id],
      ['environment', rollout.environment],
      ['release', rollout.release],
      ['from', rollout.previousRelease],
      ['strategy', rollout.strategy.type],
      ['state', rollout.held ? `${rollout.state} (held)` : rollout.state],
      ['weight', `${rollout.weight} %`],
      ...rollout.templateWeights.map(({ name, weight }) => [`experiment ${name}`, `${weight} %`] as const),
      ...toMatchFields(rollout.strategy),
      ['error', rollout.error ?? undefined],
      ['in spite of a freeze', rollout.freezeOverride ?? undefined],
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

const toLine = ({ at, from, to, reason, actor }: RolloutTransition) =>
  [at, `${from ?? ''} → ${to}  ${reason}  (${actor})`] as const;
