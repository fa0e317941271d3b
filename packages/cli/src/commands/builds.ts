import { Argument, type Command } from 'commander';
import { APPLICATION, read, readAll } from '../api.js';
import { readLog } from '../follow.js';
import { formatAge, formatDuration, shortImage } from '../format.js';
import { parseCount, parseNumber } from '../parse.js';
import { type Cli, type CommonOptions, withScope } from '../session.js';

export function registerBuilds(program: Command, cli: Cli): void {
  const builds = program.command('builds').alias('build').description('List builds and read their logs.');
  const number = () => new Argument('<number>', 'number of the build').argParser(parseNumber);

  const list = builds
    .command('list')
    .alias('ls')
    .description('List the builds, newest first.')
    .option('--limit <number>', 'at most so many', parseCount, 20);
  withScope(list, 'application').action(async (options: CommonOptions & { limit: number }) => {
    const { api, out, application } = await cli.open(options);
    const path = await application();
    const now = cli.io.now();
    out.list(
      await readAll((query) => api.GET(`${APPLICATION}/builds`, { params: { path, query } }), options.limit),
      [
        { header: 'BUILD', value: (build) => build.number },
        { header: 'STATE', value: (build) => build.state },
        { header: 'TOOK', value: (build) => formatDuration(build.startedAt, build.finishedAt, now) },
        { header: 'RELEASE', value: (build) => build.release },
        { header: 'IMAGE', value: (build) => shortImage(build.image) },
        { header: 'AGE', value: (build) => formatAge(build.createdAt ?? build.startedAt, now) },
      ],
      "There is no build yet; run 'slipway deploy'.",
    );
  });

  withScope(builds.command('get').description('Show one build.').addArgument(number()), 'application').action(
    async (build: number, options: CommonOptions) => {
      const { api, out, application } = await cli.open(options);
      const found = await read(
        api.GET(`${APPLICATION}/builds/{number}`, {
          params: { path: { ...(await application()), number: String(build) } },
        }),
      );
      out.object(found, () => [
        ['build', found.number],
        ['state', found.state],
        ['image', found.image],
        ['release', found.release],
        ['rollout', found.rollout],
        ['started', found.startedAt],
        ['finished', found.finishedAt],
        ['error', found.error ? JSON.stringify(found.error) : undefined],
      ]);
    },
  );

  withScope(
    builds
      .command('log')
      .alias('logs')
      .description("Print a build's log, following one that runs.")
      .addArgument(number()),
    'application',
  ).action(async (build: number, options: CommonOptions) => {
    const { api, out, application } = await cli.open(options);
    for await (const line of readLog(api, cli.io, await application(), build))
      out.line(options.output === 'table' ? line.text : JSON.stringify(line));
  });

  withScope(
    builds.command('cancel').description('Stop a build that is queued or runs.').addArgument(number()),
    'application',
  ).action(async (build: number, options: CommonOptions) => {
    const { api, out, application } = await cli.open(options);
    await read(
      api.POST(`${APPLICATION}/builds/{number}/cancel`, {
        params: { path: { ...(await application()), number: String(build) } },
      }),
    );
    out.note(`Build ${build} is being cancelled.`);
  });
}
