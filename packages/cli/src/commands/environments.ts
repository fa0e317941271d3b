import { type Command, Option } from 'commander';
import { PROJECT, read, readAll } from '../api.js';
import { confirm } from '../prompt.js';
import { type Cli, type CommonOptions, withScope } from '../session.js';

import type { Environment } from '../types.js';

const kinds = ['production', 'staging', 'development'];

interface DeleteOptions extends CommonOptions {
  readonly yes?: boolean;
  readonly namespace?: string;
}

export function registerEnvironments(program: Command, cli: Cli): void {
  const environments = program
    .command('environments')
    .aliases(['environment', 'envs'])
    .description('List, create and delete environments of a project.');

  withScope(environments.command('list').alias('ls').description('List the environments.'), 'project').action(
    async (options: CommonOptions) => {
      const { api, out, project } = await cli.open(options);
      const path = await project();
      out.list(await readAll((query) => api.GET(`${PROJECT}/environments`, { params: { path, query } })), [
        { header: 'NAME', value: (environment) => environment.name },
        { header: 'KIND', value: (environment) => environment.kind },
        { header: 'STATE', value: (environment) => environment.state },
        { header: 'NAMESPACE', value: (environment) => environment.namespace },
        { header: 'CLUSTER', value: (environment) => environment.cluster },
      ]);
    },
  );

  const create = environments.command('create').description('Create an environment.').argument('<name>', 'a DNS label');
  create.addOption(new Option('--kind <kind>').choices(kinds).default('development'));
  withScope(create, 'project').action(async (name: string, options: CommonOptions & { kind: Environment['kind'] }) => {
    const { api, out, project } = await cli.open(options);
    const created = await read(
      api.POST(`${PROJECT}/environments`, { params: { path: await project() }, body: { name, kind: options.kind } }),
    );
    out.object(created, () => [
      ['name', created.name],
      ['kind', created.kind],
      ['namespace', created.namespace],
      ['cluster', created.cluster],
    ]);
  });

  const remove = environments
    .command('delete')
    .alias('rm')
    .description('Delete an environment with what runs in it; an adopted namespace is given back.')
    .argument('<name>')
    .option('--namespace <name>', 'delete the namespace of an adopted environment, too')
    .option('-y, --yes', 'do not ask');
  withScope(remove, 'project').action(async (environment: string, options: DeleteOptions) => {
    const { api, out, project } = await cli.open(options);
    const path = { ...(await project()), environment };
    if (
      !(await confirm(
        cli.io,
        `Delete environment '${environment}' of ${path.tenant}/${path.project} with what runs in it?`,
        options.yes,
      ))
    )
      return;
    const query = { namespace: options.namespace };
    await api.DELETE(`${PROJECT}/environments/{environment}`, { params: { path, query } });
    out.note(`Environment '${environment}' is being deleted.`);
  });
}
