import { readFile } from 'node:fs/promises';
import { resolve } from 'node:path';
import { text as readText } from 'node:stream/consumers';
import { type Command, Option } from 'commander';
import { type ChangeOptions, type ConfigDoor, type ConfigOptions, configScopes, openConfig } from '../config-door.js';
import { CliError, usageError } from '../errors.js';
import { withExamples } from '../help.js';
import { assertVariableName, parseAssignments } from '../parse.js';
import { ask, canPrompt, readLine } from '../prompt.js';
import { type Cli, withScope } from '../session.js';
import type { ConfigVersion, EffectiveName, ImportedConfig, ReachedApplication } from '../types.js';
import { tellPlan } from './plan.js';

type Imported = ImportedConfig['names'][number];
type Shown = Awaited<ReturnType<ConfigDoor['get']>>;

interface ImportOptions extends ChangeOptions {
  readonly file: string;
  readonly secret?: string[];
}

interface SetOptions extends ChangeOptions {
  readonly secret?: boolean;
}

export function registerConfig(program: Command, cli: Cli): void {
  const config = program
    .command('config')
    .description(
      "Read and change variables and secrets: an application's, or those of its environment, project or tenant.",
    );

  withConfigScope(
    config
      .command('get', { isDefault: true })
      .alias('list')
      .description('Show the configuration, or one variable.')
      .argument('[name]')
      .option('--effective', 'what counts, of all scopes, and where it comes from'),
  ).action(async (name: string | undefined, options: ConfigOptions & { effective?: boolean }) => {
    const door = await openConfig(cli, options);
    const { out } = door;
    if (options.effective) {
      const { names } = await door.effective();
      const found = names.filter((one) => name === undefined || one.name === name);
      return out.list(found, effectiveColumns, 'Nothing is set.');
    }
    const found = await door.get();
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
      remedy: "List them with 'slipway config get', and what is inherited with --effective.",
    });
  });

  const set = withChange(
    config
      .command('set')
      .description("Set variables; a change of an application's own makes a release and rolls it out.")
      .argument('<name=value...>', 'with --secret a name alone asks for the value, or reads it from stdin')
      .option('--secret', 'keep the values as secrets'),
  ).action(async (words: string[], options: SetOptions) => {
    const values = options.secret ? await readSecrets(cli, words) : parseAssignments(words);
    const door = await openConfig(cli, options);
    await show(door, await door.change(options.secret ? { secrets: values } : { variables: values }, options), options);
  });
  withExamples(
    set,
    'slipway config set LOG_LEVEL=debug --app shop',
    'slipway config set --secret API_KEY --app shop < key.txt',
    'slipway config set LOG_LEVEL=debug --app shop --dry-run',
    'slipway config set REGION=eu --scope tenant --dry-run',
  );

  const importing = withChange(
    config
      .command('import')
      .description('Take variables and secrets from a .env file; what the file leaves out stays.')
      .requiredOption('-f, --file <file>', 'the file; - for stdin')
      .option('--secret <name...>', 'names to keep as secrets; what is a secret already stays one'),
  ).action(async (options: ImportOptions) => {
    const text =
      options.file === '-' ? await readText(cli.io.stdin) : await readFile(resolve(cli.io.cwd, options.file), 'utf8');
    options.secret?.forEach(assertVariableName);
    const door = await openConfig(cli, options);
    const { names, config, plan, reaches, finish } = await door.import({ text, secrets: options.secret }, options);
    if (door.out.format === 'table') door.out.list(names, importColumns, 'The file sets nothing.');
    else door.out.object({ names, config }, () => []);
    tellDryRun(door, plan, options);
    tellReach(door, reaches, options);
    await finish(options);
  });
  withExamples(
    importing,
    'slipway config import -f .env --dry-run --app shop',
    'slipway config import -f .env --secret API_KEY --secret DATABASE_URL --app shop',
  );

  withChange(config.command('unset').description('Remove variables and secrets.').argument('<name...>')).action(
    async (names: string[], options: SetOptions) => {
      names.forEach(assertVariableName);
      const door = await openConfig(cli, options);
      const found = await door.get();
      const missing = names.filter((name) => !(name in found.variables) && !(name in found.secrets));
      if (missing.length > 0)
        throw new CliError('variable-not-found', `There is no ${missing.join(', ')}.`, { exit: 'notFound' });
      const nulls = (known: object) =>
        Object.fromEntries(names.filter((name) => name in known).map((name) => [name, null]));
      const body = { variables: nulls(found.variables), secrets: nulls(found.secrets) };
      await show(door, await door.change(body, options), options);
    },
  );

  withConfigScope(
    config
      .command('history')
      .description('List the versions of the configuration, newest first.')
      .option('--limit <count>', 'how many', '20'),
  ).action(async (options: ConfigOptions & { limit: string }) => {
    const door = await openConfig(cli, options);
    door.out.list(await door.versions(toCount(options.limit)), versionColumns, 'It was never changed.');
  });

  const restore = withChange(
    config.command('restore').description('Bring an earlier version back, as the next one.').argument('<version>'),
  ).action(async (version: string, options: ChangeOptions) => {
    const door = await openConfig(cli, options);
    await show(door, await door.restore(toCount(version), options), options);
  });
  withExamples(restore, 'slipway config history --scope project', 'slipway config restore 3 --scope project');
}

function withConfigScope(command: Command): Command {
  return withScope(command, 'environment').addOption(
    new Option('--scope <scope>', 'whose: the nearest to the application wins')
      .choices(configScopes)
      .default('application'),
  );
}

const withChange = (command: Command): Command =>
  withConfigScope(command)
    .option('--dry-run', 'only show what a rollout with it would do; outside an application, which applications get it')
    .option('--no-apply', 'keep the change for the next release')
    .option('--no-wait', 'return when the rollout has started');

function toCount(text: string): number {
  if (!/^[1-9]\d{0,8}$/.test(text)) throw usageError(`'${text}' is not a number.`, 'Give one from 1 on.');
  return Number(text);
}

type Changed = Awaited<ReturnType<ConfigDoor['change']>>;

async function show(
  door: ConfigDoor,
  { config, plan, reaches, finish }: Changed,
  options: ChangeOptions,
): Promise<void> {
  if (door.out.format === 'table') {
    if (!options.dryRun) door.out.list(toRows(config), columns, 'Nothing is set.');
  } else door.out.object(config, () => []);
  tellDryRun(door, plan, options);
  tellReach(door, reaches, options);
  await finish(options);
}

/** What an application's own change would do; json and yaml have it in the config. */
function tellDryRun({ out }: ConfigDoor, plan: Changed['plan'], { dryRun }: ChangeOptions): void {
  if (!dryRun) return;
  if (plan !== undefined && out.format === 'table') out.line(tellPlan(plan));
  out.note('Nothing was changed.');
}

function tellReach(door: ConfigDoor, reaches: readonly ReachedApplication[], { dryRun, scope }: ChangeOptions): void {
  if (scope === 'application') return;
  if (reaches.length === 0) door.out.note('No application gets it.');
  else door.out.note(`With their next release ${dryRun ? 'these would get it' : 'these get it'}:`);
  for (const { project, environment, application, names } of reaches)
    door.out.note(`  ${project}/${application} in ${environment}: ${names.join(', ')}`);
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

function toRows(config: Pick<Shown, 'variables' | 'secrets'>) {
  return [
    ...Object.entries(config.variables).map(([name, value]) => ({ name, value, kind: 'variable' })),
    ...Object.entries(config.secrets).map(([name, secret]) => ({
      name,
      value: `(version ${secret.version})`,
      kind: 'secret',
    })),
  ].sort((a, b) => (a.name < b.name ? -1 : 1));
}

const originOf = ({ scope, owner }: Pick<EffectiveName, 'scope' | 'owner'>): string => `${scope} ${owner}`;

const effectiveColumns = [
  { header: 'NAME', value: (row: EffectiveName) => row.name },
  { header: 'KIND', value: (row: EffectiveName) => row.kind },
  { header: 'VALUE', value: (row: EffectiveName) => row.value ?? `(version ${row.version})` },
  { header: 'ORIGIN', value: originOf },
  { header: 'SHADOWS', value: (row: EffectiveName) => row.shadows.map(originOf).join(', ') },
];

const versionColumns = [
  { header: 'VERSION', value: (row: ConfigVersion) => String(row.number) },
  { header: 'AT', value: (row: ConfigVersion) => row.createdAt },
  { header: 'BY', value: (row: ConfigVersion) => row.createdBy },
  {
    header: 'CHANGES',
    value: ({ changes, restored }: ConfigVersion) =>
      [
        ...(restored === null ? [] : [`version ${restored} again:`]),
        changes.map(({ name, change }) => `${name} ${change}`).join(', '),
      ].join(' '),
  },
];

const importColumns = [
  { header: 'NAME', value: (row: Imported) => row.name },
  { header: 'KIND', value: (row: Imported) => row.kind },
  { header: 'CHANGE', value: (row: Imported) => (row.reason === null ? row.change : `${row.change}: ${row.reason}`) },
];

const columns = [
  { header: 'NAME', value: (row: ReturnType<typeof toRows>[number]) => row.name },
  { header: 'KIND', value: (row: ReturnType<typeof toRows>[number]) => row.kind },
  { header: 'VALUE', value: (row: ReturnType<typeof toRows>[number]) => row.value },
];
