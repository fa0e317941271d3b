import type { Command } from 'commander';
import { PROJECT, read, TENANT } from '../api.js';
import { readConfig, withContext, writeConfig } from '../config.js';
import { usageError } from '../errors.js';
import { withExamples } from '../help.js';
import { parseScope } from '../parse.js';
import { type Cli, type CommonOptions, chooseContext, withScope } from '../session.js';

export function registerContext(program: Command, cli: Cli): void {
  const context = program
    .command('context')
    .description('Show and choose where commands act: login, tenant, project, environment.');

  withScope(context.command('show', { isDefault: true }).description('Show the current context.'), 'server').action(
    async (options: CommonOptions) => {
      const { name, context: current } = chooseContext(await readConfig(cli.settings.configFile), options.context);
      if (!current) throw usageError('There is no context yet.', "Run 'slipway login'.");
      const { token: _token, tokenId: _tokenId, ...shown } = current;
      cli.output(options).object({ name, ...shown }, () => [
        ['context', name],
        ['server', current.server],
        ['username', current.username],
        ['tenant', current.tenant],
        ['project', current.project],
        ['environment', current.environment ?? 'production'],
      ]);
    },
  );

  withScope(context.command('list').alias('ls').description('List the contexts.'), 'server').action(
    async (options: CommonOptions) => {
      const config = await readConfig(cli.settings.configFile);
      const rows = Object.entries(config.contexts).map(([name, { token: _token, tokenId: _tokenId, ...shown }]) => ({
        name,
        current: name === config.currentContext,
        ...shown,
      }));
      cli.output(options).list(
        rows,
        [
          { header: 'CURRENT', value: (row) => (row.current ? '*' : '') },
          { header: 'NAME', value: (row) => row.name },
          { header: 'SERVER', value: (row) => row.server },
          { header: 'USER', value: (row) => row.username },
          { header: 'SCOPE', value: (row) => [row.tenant, row.project, row.environment].filter(Boolean).join('/') },
        ],
        "There is no context yet; run 'slipway login'.",
      );
    },
  );

  const use = context
    .command('use')
    .description('Choose the scope that commands take when no flag names another.')
    .argument('<scope>', 'tenant, tenant/project or tenant/project/environment');
  withScope(use, 'server').action(async (text: string, options: CommonOptions) => {
    const scope = parseScope(text);
    const { api } = await cli.open(options);
    // Asked of the server first: a scope that does not exist would fail in every command after.
    if (scope.environment) {
      const path = { tenant: scope.tenant, project: scope.project ?? '', environment: scope.environment };
      await read(api.GET(`${PROJECT}/environments/{environment}`, { params: { path } }));
    } else if (scope.project)
      await read(api.GET(PROJECT, { params: { path: { tenant: scope.tenant, project: scope.project } } }));
    else await read(api.GET(TENANT, { params: { path: { tenant: scope.tenant } } }));
    const config = await readConfig(cli.settings.configFile);
    const { name, context: current } = chooseContext(config, options.context);
    if (!current)
      throw usageError(
        'There is no context to keep the scope in.',
        "Run 'slipway login', or set SLIPWAY_TENANT and SLIPWAY_PROJECT.",
      );
    await writeConfig(
      cli.settings.configFile,
      withContext(config, name, { ...current, project: undefined, environment: undefined, ...scope }),
    );
    cli.output(options).note(`Commands now act in ${text} (context '${name}').`);
  });

  const switchTo = context
    .command('switch')
    .description('Make another login the current one.')
    .argument('<name>', 'name of the context');
  withScope(switchTo, 'server').action(async (name: string, options: CommonOptions) => {
    const config = await readConfig(cli.settings.configFile);
    chooseContext(config, name);
    await writeConfig(cli.settings.configFile, { ...config, currentContext: name });
    cli.output(options).note(`The current context is '${name}'.`);
  });
  withExamples(context, 'slipway context', 'slipway context use acme/demo', 'slipway context switch ci');
}
