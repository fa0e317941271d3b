import type { Command } from 'commander';
import { stringify } from 'yaml';
import { APP_ENVIRONMENT, read } from '../api.js';
import { usageError } from '../errors.js';
import { withExamples } from '../help.js';
import { type Cli, type CommonOptions, withScope } from '../session.js';
import { readManifest, readStrategy, warn } from '../strategy-input.js';
import { registerStrategyDryRun } from './strategy-dry-run.js';

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
    const { api, out, environment } = await cli.open(options);
    const path = await environment();
    const wanted = await readStrategy(api, cli.io, { preset, file: options.file });
    if (!wanted) throw usageError('Name a preset or a --file.');
    const changed = await read(
      api.PUT(`${APP_ENVIRONMENT}/strategy`, { params: { path }, body: { strategy: wanted } }),
    );
    warn(cli.io, changed.warnings);
    out.note(`Releases of ${path.application} reach ${path.environment} by ${changed.strategy.type} from now on.`);
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
  registerStrategyDryRun(strategy, cli);
  withExamples(convert, 'slipway strategy convert -f rollout.yaml > strategy.yaml');
}
