import { readFile } from 'node:fs/promises';
import type { Command } from 'commander';
import { read, readAll, TENANT } from '../api.js';
import { withExamples } from '../help.js';
import { confirm } from '../prompt.js';
import { type Cli, type CommonOptions, withScope } from '../session.js';
import type { Blueprint } from '../types.js';

interface WriteOptions extends CommonOptions {
  readonly file: string;
  readonly displayName?: string;
  readonly description?: string;
}

export function registerBlueprints(program: Command, cli: Cli): void {
  const blueprints = program
    .command('blueprints')
    .alias('blueprint')
    .description('What new projects of a tenant are made from.');

  withScope(blueprints.command('list').alias('ls').description('List the blueprints.'), 'tenant').action(
    async (options: CommonOptions) => {
      const { api, out, tenant } = await cli.open(options);
      const path = await tenant();
      out.list(
        await readAll((query) => api.GET(`${TENANT}/blueprints`, { params: { path, query } })),
        [
          { header: 'NAME', value: (blueprint) => blueprint.name },
          { header: 'FROM', value: (blueprint) => blueprint.scope },
          { header: 'ENVIRONMENTS', value: environmentsOf },
          { header: 'DESCRIPTION', value: (blueprint) => blueprint.description },
        ],
        'There is no blueprint.',
      );
    },
  );

  const show = blueprints.command('show').description('Show a blueprint whole.').argument('<name>');
  withScope(show, 'tenant').action(async (blueprint: string, options: CommonOptions) => {
    const { api, out, tenant } = await cli.open(options);
    const path = { ...(await tenant()), blueprint };
    out.object(await read(api.GET(`${TENANT}/blueprints/{blueprint}`, { params: { path } })), toFields);
  });

  const create = blueprints
    .command('create')
    .description('Make a blueprint of the tenant from a file with its content in JSON.')
    .argument('<name>', 'a DNS label')
    .requiredOption('-f, --file <path>', '{ "environments": [{ "name", "kind", "limits"? }], "groups"?, "limits"? }')
    .option('--display-name <text>')
    .option('--description <text>');
  withScope(create, 'tenant').action(async (name: string, options: WriteOptions) => {
    const { api, out, tenant } = await cli.open(options);
    const { displayName, description = '' } = options;
    const content = JSON.parse(await readFile(options.file, 'utf8'));
    const body = { name, displayName, description, content };
    out.object(await read(api.POST(`${TENANT}/blueprints`, { params: { path: await tenant() }, body })), toFields);
  });
  withExamples(create, 'slipway blueprints create two-stage -f two-stage.json -t acme');

  const remove = blueprints
    .command('delete')
    .alias('rm')
    .description('Delete a blueprint of the tenant; projects made from it stay.')
    .argument('<name>')
    .option('-y, --yes', 'do not ask');
  withScope(remove, 'tenant').action(async (blueprint: string, options: CommonOptions & { yes?: boolean }) => {
    const { api, out, tenant } = await cli.open(options);
    const path = { ...(await tenant()), blueprint };
    if (!(await confirm(cli.io, `Delete the blueprint '${blueprint}'?`, options.yes))) return;
    await api.DELETE(`${TENANT}/blueprints/{blueprint}`, { params: { path } });
    out.note(`Blueprint '${blueprint}' is gone.`);
  });
}

const environmentsOf = ({ content }: Blueprint): string => content.environments.map(({ name }) => name).join(', ');

function toFields(blueprint: Blueprint) {
  return [
    ['name', blueprint.name],
    ['display name', blueprint.displayName],
    ['from', blueprint.scope],
    ['environments', environmentsOf(blueprint)],
    ['groups', blueprint.content.groups.map(({ group, role }) => `${group}: ${role}`).join(', ')],
    ['description', blueprint.description],
  ] as const;
}
