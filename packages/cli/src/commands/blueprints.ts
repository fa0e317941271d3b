import { readFile } from 'node:fs/promises';
import type { Command } from 'commander';
import { read, readAll, TENANT } from '../api.js';
import { withExamples } from '../help.js';
import { confirm } from '../prompt.js';
import { type Cli, type CommonOptions, withScope } from '../session.js';
import type { Blueprint, BlueprintVersion } from '../types.js';

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

  const show = blueprints
    .command('show')
    .description('Show a blueprint whole, or one of its versions.')
    .argument('<name>')
    .option('--number <number>', 'an older version, as it was');
  withScope(show, 'tenant').action(async (blueprint: string, options: CommonOptions & { number?: string }) => {
    const { api, out, tenant } = await cli.open(options);
    const path = { ...(await tenant()), blueprint };
    if (options.number === undefined)
      return out.object(await read(api.GET(`${TENANT}/blueprints/{blueprint}`, { params: { path } })), toFields);
    const params = { path: { ...path, version: options.number } };
    const version = await read(api.GET(`${TENANT}/blueprints/{blueprint}/versions/{version}`, { params }));
    out.object(version, () => [
      ['version', version.number],
      ['made', madeBy(version)],
      ['display name', version.displayName],
      ...contentFields(version.content),
      ['description', version.description],
    ]);
  });

  const versions = blueprints
    .command('versions')
    .description('List the versions of a blueprint, newest first; every change makes one.')
    .argument('<name>');
  withScope(versions, 'tenant').action(async (blueprint: string, options: CommonOptions) => {
    const { api, out, tenant } = await cli.open(options);
    const path = { ...(await tenant()), blueprint };
    out.list(
      await readAll((query) => api.GET(`${TENANT}/blueprints/{blueprint}/versions`, { params: { path, query } })),
      [
        { header: 'VERSION', value: (version) => version.number },
        { header: 'MADE', value: madeBy },
        { header: 'DISPLAY NAME', value: (version) => version.displayName },
        { header: 'DESCRIPTION', value: (version) => version.description },
      ],
    );
  });

  const create = blueprints
    .command('create')
    .description('Make a blueprint of the tenant from a file with its content in JSON.')
    .argument('<name>', 'a DNS label')
    .requiredOption('-f, --file <path>', contentShape)
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

  const update = blueprints
    .command('update')
    .description('Change a blueprint of the tenant, which makes a new version; projects stay as they are.')
    .argument('<name>')
    .option('-f, --file <path>', `the whole content: ${contentShape}`)
    .option('--display-name <text>')
    .option('--description <text>');
  withScope(update, 'tenant').action(async (blueprint: string, options: Partial<WriteOptions>) => {
    const { api, out, tenant } = await cli.open(options);
    const { displayName, description, file } = options;
    const content = file === undefined ? undefined : JSON.parse(await readFile(file, 'utf8'));
    const params = { path: { ...(await tenant()), blueprint } };
    const body = { displayName, description, content };
    out.object(await read(api.PATCH(`${TENANT}/blueprints/{blueprint}`, { params, body })), toFields);
  });
  withExamples(
    update,
    'slipway blueprints update two-stage -f two-stage.json -t acme',
    'slipway projects blueprint shop -t acme     # what that would change in a project made from it',
  );

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

const contentShape =
  '{ "environments": [{ "name", "kind", "limits"?, "config"? }], "groups"?, "limits"?, "config"?, "network"?: { "mode" } }';

const environmentsOf = ({ content }: Pick<Blueprint, 'content'>): string =>
  content.environments.map(({ name }) => name).join(', ');

const madeBy = ({ createdAt, createdBy }: BlueprintVersion): string =>
  createdAt === null ? 'built in' : `${createdAt.slice(0, 16).replace('T', ' ')} by ${createdBy}`;

const toLines = (values: Readonly<Record<string, string | number>>): string =>
  Object.entries(values)
    .map(([name, value]) => `${name}=${value}`)
    .join(', ');

/** The environments and, where they are given, what is in each. */
function contentFields(content: Blueprint['content']): [string, string][] {
  return [
    ['environments', environmentsOf({ content })],
    ['groups', content.groups.map(({ group, role }) => `${group}: ${role}`).join(', ')],
    ['limits', toLines(content.limits)],
    ['config', toLines(content.config)],
    ['network', content.network?.mode ?? "the tenant's"],
    ...content.environments.flatMap(({ name, limits, config }): [string, string][] => [
      ...(Object.keys(limits).length > 0 ? [[`${name}: limits`, toLines(limits)] as [string, string]] : []),
      ...(Object.keys(config).length > 0 ? [[`${name}: config`, toLines(config)] as [string, string]] : []),
    ]),
  ];
}

function toFields(blueprint: Blueprint) {
  return [
    ['name', blueprint.name],
    ['display name', blueprint.displayName],
    ['from', blueprint.scope],
    ['version', blueprint.version],
    ...contentFields(blueprint.content),
    ['description', blueprint.description],
  ] as const;
}
