import { Argument, type Command } from 'commander';
import { APPLICATION, read, readAll } from '../api.js';
import { formatAge, shortHash, shortImage } from '../format.js';
import { withExamples } from '../help.js';
import { parseCount, parseNumber } from '../parse.js';
import { type Cli, type CommonOptions, withScope } from '../session.js';

export function registerReleases(program: Command, cli: Cli): void {
  const releases = program
    .command('releases')
    .alias('release')
    .description('List and compare the releases of an application.');

  const list = releases
    .command('list')
    .alias('ls')
    .description('List the releases, newest first.')
    .option('--limit <number>', 'at most so many', parseCount, 20);
  withScope(list, 'application').action(async (options: CommonOptions & { limit: number }) => {
    const { api, out, application } = await cli.open(options);
    const path = await application();
    out.list(
      await readAll((query) => api.GET(`${APPLICATION}/releases`, { params: { path, query } }), options.limit),
      [
        { header: 'RELEASE', value: (release) => release.number },
        { header: 'HASH', value: (release) => shortHash(release.hash) },
        { header: 'IMAGE', value: (release) => shortImage(release.image) },
        { header: 'BY', value: (release) => release.createdBy },
        { header: 'AGE', value: (release) => formatAge(release.createdAt, cli.io.now()) },
        { header: 'DESCRIPTION', value: (release) => release.description },
      ],
      "There is no release yet; run 'slipway deploy'.",
    );
  });

  const get = releases
    .command('get')
    .description('Show one release.')
    .addArgument(new Argument('<number>').argParser(parseNumber));
  withScope(get, 'application').action(async (number: number, options: CommonOptions) => {
    const { api, out, application } = await cli.open(options);
    const release = await read(
      api.GET(`${APPLICATION}/releases/{number}`, {
        params: { path: { ...(await application()), number: String(number) } },
      }),
    );
    out.object(release, () => [
      ['release', release.number],
      ['hash', release.hash],
      ['image', release.image],
      ['by', release.createdBy],
      ['created', release.createdAt],
      ['description', release.description],
    ]);
  });

  const diff = releases
    .command('diff')
    .description('Show what differs between two releases.')
    .addArgument(new Argument('<from>').argParser(parseNumber))
    .addArgument(new Argument('<to>').argParser(parseNumber));
  withScope(diff, 'application').action(async (from: number, to: number, options: CommonOptions) => {
    const { api, out, application } = await cli.open(options);
    const path = { ...(await application()), number: String(to) };
    const found = await read(
      api.GET(`${APPLICATION}/releases/{number}/diff`, { params: { path, query: { with: from } } }),
    );
    out.list(
      found.changes,
      [
        { header: 'PATH', value: (change) => change.path },
        { header: `RELEASE ${from}`, value: (change) => toText(change.before) },
        { header: `RELEASE ${to}`, value: (change) => toText(change.after) },
      ],
      `Releases ${from} and ${to} are the same.`,
    );
  });
  withExamples(diff, 'slipway releases diff 3 4 --app shop');
}

function toText(value: unknown): string | undefined {
  if (value === undefined || value === null) return undefined;
  return typeof value === 'string' ? value : JSON.stringify(value);
}
