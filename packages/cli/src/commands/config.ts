import type { Command } from 'commander';
import { APP_ENVIRONMENT, type Api, read } from '../api.js';
import { CliError, usageError } from '../errors.js';
import { followRollout } from '../follow.js';
import { withExamples } from '../help.js';
import { assertVariableName, parseAssignments } from '../parse.js';
import { ask, canPrompt, readLine } from '../prompt.js';
import { type Cli, type CommonOptions, withScope } from '../session.js';
import type { AppConfig } from '../types.js';

interface SetOptions extends CommonOptions {
  readonly secret?: boolean;
  readonly apply: boolean;
  readonly wait: boolean;
}

type EnvironmentPath = Awaited<ReturnType<Awaited<ReturnType<Cli['open']>>['environment']>>;

export function registerConfig(program: Command, cli: Cli): void {
  const config = program
    .command('config')
    .description("Read and change an application's variables and secrets in an environment.");

  withScope(
    config
      .command('get', { isDefault: true })
      .description('Show the configuration, or one variable.')
      .argument('[name]'),
    'environment',
  ).action(async (name: string | undefined, options: CommonOptions) => {
    const { api, out, environment } = await cli.open(options);
    const found = await read(api.GET(`${APP_ENVIRONMENT}/config`, { params: { path: await environment() } }));
    if (name === undefined)
      return out.format === 'table' ? out.list(toRows(found), columns, 'Nothing is set.') : out.object(found, () => []);
    const value = found.variables[name];
    if (value !== undefined) return out.text({ name, value }, (result) => result.value);
    if (found.secrets[name])
      throw new CliError('secret-not-readable', `'${name}' is a secret; its value is never shown.`, {
        remedy: 'Set it again to change it.',
      });
    throw new CliError('variable-not-found', `There is no variable '${name}'.`, {
      exit: 'notFound',
      remedy: "List them with 'slipway config get'.",
    });
  });

  const set = config
    .command('set')
    .description('Set variables; the change makes a release and rolls it out.')
    .argument('<name=value...>', 'with --secret a name alone asks for the value, or reads it from stdin')
    .option('--secret', 'keep the values as secrets')
    .option('--no-apply', 'keep the change for the next release')
    .option('--no-wait', 'return when the rollout has started');
  withScope(set, 'environment').action(async (words: string[], options: SetOptions) => {
    const values = options.secret ? await readSecrets(cli, words) : parseAssignments(words);
    const session = await cli.open(options);
    const body = options.secret ? { secrets: values } : { variables: values };
    await change(cli, session.api, await session.environment(), body, options);
  });
  withExamples(
    set,
    'slipway config set LOG_LEVEL=debug --app shop',
    'slipway config set --secret API_KEY --app shop < key.txt',
  );

  const unset = config
    .command('unset')
    .description('Remove variables and secrets.')
    .argument('<name...>')
    .option('--no-apply', 'keep the change for the next release')
    .option('--no-wait', 'return when the rollout has started');
  withScope(unset, 'environment').action(async (names: string[], options: SetOptions) => {
    names.forEach(assertVariableName);
    const session = await cli.open(options);
    const path = await session.environment();
    const found = await read(session.api.GET(`${APP_ENVIRONMENT}/config`, { params: { path } }));
    const missing = names.filter((name) => !(name in found.variables) && !(name in found.secrets));
    if (missing.length > 0)
      throw new CliError('variable-not-found', `There is no ${missing.join(', ')}.`, { exit: 'notFound' });
    const nulls = (known: object) =>
      Object.fromEntries(names.filter((name) => name in known).map((name) => [name, null]));
    await change(cli, session.api, path, { variables: nulls(found.variables), secrets: nulls(found.secrets) }, options);
  });
}

async function change(cli: Cli, api: Api, path: EnvironmentPath, body: object, options: SetOptions): Promise<void> {
  const query = options.apply ? undefined : { apply: 'false' as const };
  const changed = await read(api.PATCH(`${APP_ENVIRONMENT}/config`, { params: { path, query }, body }));
  const out = cli.output(options);
  if (out.format === 'table') out.list(toRows(changed), columns, 'Nothing is set.');
  else out.object(changed, () => []);
  if (!options.apply) out.note('The next release takes the change.');
  else if (changed.rollout && options.wait) await followRollout(api, cli.io, path, changed.rollout);
}

/** A name alone is asked for without echo; with no terminal exactly one may be, read from stdin. */
async function readSecrets(cli: Cli, words: readonly string[]): Promise<Record<string, string>> {
  const bare = words.filter((word) => !word.includes('='));
  const values = parseAssignments(words.filter((word) => word.includes('=')));
  bare.forEach(assertVariableName);
  if (bare.length > 1 && !canPrompt(cli.io))
    throw usageError('Only one secret can be read from stdin.', 'Set them one after another.');
  for (const name of bare)
    values[name] = canPrompt(cli.io) ? await ask(cli.io, `${name}: `, { hidden: true }) : await readLine(cli.io);
  return values;
}

function toRows(config: AppConfig) {
  return [
    ...Object.entries(config.variables).map(([name, value]) => ({ name, value, kind: 'variable' })),
    ...Object.entries(config.secrets).map(([name, secret]) => ({
      name,
      value: `(version ${secret.version})`,
      kind: 'secret',
    })),
  ].sort((a, b) => (a.name < b.name ? -1 : 1));
}

const columns = [
  { header: 'NAME', value: (row: ReturnType<typeof toRows>[number]) => row.name },
  { header: 'KIND', value: (row: ReturnType<typeof toRows>[number]) => row.kind },
  { header: 'VALUE', value: (row: ReturnType<typeof toRows>[number]) => row.value },
];
