import type { Command } from 'commander';
import { PROJECT, read, readAll, TENANT } from '../api.js';
import { usageError } from '../errors.js';
import { formatAge } from '../format.js';
import { withExamples } from '../help.js';
import { confirm } from '../prompt.js';
import { type Cli, type CommonOptions, withScope } from '../session.js';
import { registerProjectBlueprint } from './project-blueprint.js';

interface CreateOptions extends CommonOptions {
  readonly displayName?: string;
  readonly blueprint?: string;
}

export function registerProjects(program: Command, cli: Cli): void {
  const projects = program
    .command('projects')
    .alias('project')
    .description('List, create and delete projects of a tenant.');

  withScope(projects.command('list').alias('ls').description('List the projects.'), 'tenant').action(
    async (options: CommonOptions) => {
      const { api, out, tenant } = await cli.open(options);
      const path = await tenant();
      out.list(
        await readAll((query) => api.GET(`${TENANT}/projects`, { params: { path, query } })),
        [
          { header: 'NAME', value: (project) => project.name },
          { header: 'DISPLAY NAME', value: (project) => project.displayName },
          { header: 'STATE', value: (project) => project.state },
          { header: 'ENVIRONMENTS', value: (project) => project.environmentCount },
          { header: 'AGE', value: (project) => formatAge(project.createdAt, cli.io.now()) },
        ],
        "There is no project yet; 'slipway projects create' makes one.",
      );
    },
  );

  const create = projects
    .command('create')
    .description('Create a project.')
    .argument('<name>', 'a DNS label')
    .option('--display-name <text>')
    .option('--blueprint <name>', 'what it is made from; without it, minimal');
  withScope(create, 'tenant').action(async (name: string, options: CreateOptions) => {
    const { api, out, tenant } = await cli.open(options);
    const body = { name, displayName: options.displayName, blueprint: options.blueprint };
    const project = await read(api.POST(`${TENANT}/projects`, { params: { path: await tenant() }, body }));
    out.object(project, () => [
      ['name', project.name],
      ['display name', project.displayName],
      ['id', project.id],
    ]);
  });

  registerProjectBlueprint(projects, cli);

  const security = projects
    .command('pod-security')
    .description('Show the Pod Security level of a project, or set it: restricted (nothing runs as root) or baseline.')
    .argument('<name>')
    .argument('[level]', 'restricted or baseline');
  withScope(security, 'tenant').action(
    async (project: string, level: string | undefined, options: CommonOptions): Promise<void> => {
      const { api, out, tenant } = await cli.open(options);
      const params = { path: { ...(await tenant()), project } };
      if (level !== undefined && level !== 'restricted' && level !== 'baseline')
        throw usageError(`'${level}' is no level.`, 'Choose one of: restricted, baseline.');
      const path = `${PROJECT}/pod-security` as const;
      const security = await read(level ? api.PUT(path, { params, body: { level } }) : api.GET(path, { params }));
      out.object(security, () => [
        ['level', security.level],
        ...security.places.map(({ namespace, runAsUser }): [string, string] => [namespace, `user ${runAsUser}`]),
      ]);
    },
  );
  withExamples(
    security,
    'slipway projects pod-security shop --tenant acme',
    'slipway projects pod-security shop baseline --tenant acme',
    'slipway requests create pod-security tenant=acme project=shop level=baseline --reason "an old image"',
  );

  const remove = projects
    .command('delete')
    .alias('rm')
    .description('Delete a project with its applications.')
    .argument('<name>')
    .option('-y, --yes', 'do not ask');
  withScope(remove, 'tenant').action(async (project: string, options: CommonOptions & { yes?: boolean }) => {
    const { api, out, tenant } = await cli.open(options);
    const path = { ...(await tenant()), project };
    await read(api.GET(PROJECT, { params: { path } }));
    if (!(await confirm(cli.io, `Delete project '${project}' of ${path.tenant} with its applications?`, options.yes)))
      return;
    await api.DELETE(PROJECT, { params: { path } });
    out.note(`Project '${project}' is being deleted.`);
  });
}
