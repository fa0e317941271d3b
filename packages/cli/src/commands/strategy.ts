import { readFile } from 'node:fs/promises';
import { resolve } from 'node:path';
import { text as readText } from 'node:stream/consumers';
import type { Schemas } from '@slipway/sdk';
import type { Command } from 'commander';
import { parseAllDocuments, stringify } from 'yaml';
import { APP_ENVIRONMENT, read } from '../api.js';
import { CliError, usageError } from '../errors.js';
import { withExamples } from '../help.js';
import { type Io, paint } from '../io.js';
import { type Cli, type CommonOptions, withScope } from '../session.js';

type Strategy = Schemas['Strategy'];
type FileOptions = CommonOptions & { readonly file?: string };

export function registerStrategy(program: Command, cli: Cli): void {
  const strategy = program
    .command('strategy')
    .description('How releases are rolled out to an environment: at once, or in steps.');

  withScope(strategy.command('get').description('Show the strategy.'), 'environment').action(
    async (options: CommonOptions) => {
      const { api, out, environment } = await cli.open(options);
      const found = await read(api.GET(`${APP_ENVIRONMENT}/strategy`, { params: { path: await environment() } }));
      warn(cli.io, found.warnings);
      out.text(found, ({ strategy }) => stringify(strategy).trimEnd());
    },
  );

  const set = strategy
    .command('set')
    .description('Set the strategy, from a file or to a preset; it counts from the next rollout on.')
    .argument('[preset]', "one of 'slipway strategy presets'")
    .option(
      '-f, --file <file>',
      'YAML or JSON, - for stdin; an Argo Rollout (with its AnalysisTemplates) or a Flagger Canary is converted',
    );
  withScope(set, 'environment').action(async (preset: string | undefined, options: FileOptions) => {
    if ((preset === undefined) === (options.file === undefined)) throw usageError('Name a preset or a --file.');
    const { api, out, environment } = await cli.open(options);
    const path = await environment();
    const wanted = preset === undefined ? await fromFile(options.file ?? '-') : await fromPreset(preset);
    const changed = await read(
      api.PUT(`${APP_ENVIRONMENT}/strategy`, { params: { path }, body: { strategy: wanted } }),
    );
    warn(cli.io, changed.warnings);
    out.note(`Releases of ${path.application} reach ${path.environment} by ${changed.strategy.type} from now on.`);

    async function fromPreset(name: string): Promise<Strategy> {
      const { items } = await read(api.GET('/api/v1/strategies/presets'));
      const found = items.find((item) => item.name === name);
      if (found) return found.strategy;
      const remedy = `There are ${items.map((item) => item.name).join(', ')}.`;
      throw new CliError('preset-not-found', `There is no preset '${name}'.`, { exit: 'notFound', remedy });
    }

    async function fromFile(file: string): Promise<Strategy> {
      const manifest = await readManifest(cli.io, file);
      if (typeof manifest !== 'string' && !('kind' in manifest))
        return ('strategy' in manifest ? manifest.strategy : manifest) as Strategy;
      const converted = await read(api.POST('/api/v1/strategies/convert', { body: { manifest } }));
      warn(cli.io, converted.warnings);
      return converted.strategy;
    }
  });
  withExamples(
    set,
    'slipway strategy set canary-5-25-50 --app shop',
    'slipway strategy set -f strategy.yaml --app shop',
  );

  withScope(strategy.command('presets').description('List strategies to begin with.'), 'server').action(
    async (options: CommonOptions) => {
      const { api, out } = await cli.open(options);
      const { items } = await read(api.GET('/api/v1/strategies/presets'));
      out.list(items, [
        { header: 'NAME', value: (preset) => preset.name },
        { header: 'TYPE', value: (preset) => preset.strategy.type },
        { header: 'DESCRIPTION', value: (preset) => preset.description },
      ]);
    },
  );

  const convert = strategy
    .command('convert')
    .description('Make a strategy of an Argo Rollout (with its AnalysisTemplates) or a Flagger Canary, and print it.')
    .requiredOption('-f, --file <file>', 'the manifest, as YAML or JSON; - for stdin');
  withScope(convert, 'server').action(async (options: CommonOptions & { file: string }) => {
    const { api, out } = await cli.open(options);
    const manifest = await readManifest(cli.io, options.file);
    const converted = await read(api.POST('/api/v1/strategies/convert', { body: { manifest } }));
    warn(cli.io, converted.warnings);
    out.text(converted, ({ strategy }) => stringify(strategy).trimEnd());
  });
  withExamples(convert, 'slipway strategy convert -f rollout.yaml > strategy.yaml');
}

/** An object; of several documents, a Rollout and what it refers to, the text as it is. */
async function readManifest(io: Io, file: string): Promise<Record<string, unknown> | string> {
  let value: unknown;
  try {
    const text = file === '-' ? await readText(io.stdin) : await readFile(resolve(io.cwd, file), 'utf8');
    const documents = parseAllDocuments(text);
    const [error] = documents.flatMap(({ errors }) => errors);
    if (error) throw error;
    if (documents.length > 1) return text;
    value = documents[0]?.toJS();
  } catch (error) {
    throw usageError(`${file} cannot be read: ${error instanceof Error ? error.message : String(error)}`);
  }
  if (typeof value === 'object' && value !== null && !Array.isArray(value)) return { ...value };
  throw usageError(`${file} holds no object.`, "'slipway strategy get' shows what a strategy looks like.");
}

function warn(io: Io, warnings: readonly { readonly path: string; readonly message: string }[]): void {
  for (const { path, message } of warnings)
    io.stderr.write(`${paint(io, 'stderr', 'yellow', '!')} ${path}: ${message}\n`);
}
