import type { Command } from 'commander';
import { APPLICATION, PROJECT, read, readAll } from '../api.js';
import { usageError } from '../errors.js';
import { withExamples } from '../help.js';
import { parseCount } from '../parse.js';
import { confirm } from '../prompt.js';
import { type Cli, type CommonOptions, withScope } from '../session.js';
import type { Application, Source } from '../types.js';

interface CreateOptions extends CommonOptions {
  readonly displayName?: string;
  readonly git?: string;
  readonly ref?: string;
  readonly image?: string;
  readonly push?: boolean;
  readonly port?: number;
  readonly replicas?: number;
  readonly dockerfile?: string;
  readonly buildContext?: string;
}

export function registerApps(program: Command, cli: Cli): void {
  const apps = program.command('apps').alias('app').description('List, create and delete applications of a project.');

  withScope(apps.command('list').alias('ls').description('List the applications.'), 'project').action(
    async (options: CommonOptions) => {
      const { api, out, project } = await cli.open(options);
      const path = await project();
      const applications = await readAll((query) => api.GET(`${PROJECT}/applications`, { params: { path, query } }));
      out.list(
        applications,
        [
          { header: 'NAME', value: (application) => application.name },
          { header: 'SOURCE', value: (application) => application.source.type },
          {
            header: 'STATE',
            value: (application) => application.environments?.map((at) => `${at.name}:${at.state}`).join(' '),
          },
          { header: 'RELEASE', value: (application) => application.environments?.find((at) => at.release)?.release },
          { header: 'URL', value: (application) => application.environments?.find((at) => at.url)?.url },
        ],
        "There is no application yet; 'slipway deploy --create' makes one.",
      );
    },
  );

  withScope(apps.command('get').description('Show one application.').argument('<name>'), 'project').action(
    async (application: string, options: CommonOptions) => {
      const { api, out, project } = await cli.open(options);
      out.object(
        await read(api.GET(APPLICATION, { params: { path: { ...(await project()), application } } })),
        toFields,
      );
    },
  );

  const create = apps
    .command('create')
    .description('Create an application; deploy it afterwards.')
    .argument('<name>', 'a DNS label')
    .option('--display-name <text>')
    .option('--git <url>', 'built from this repository')
    .option('--ref <ref>', 'its branch, tag or commit')
    .option('--image <reference>', 'runs this image')
    .option('--push', 'built from what is pushed to its own repository on Slipway')
    .option('--port <number>', 'port that its web process listens on', parseCount)
    .option('--replicas <number>', 'pods of its web process', parseCount)
    .option('--dockerfile <path>', 'Dockerfile in the source')
    .option('--build-context <path>', 'folder of the source to build in');
  withScope(create, 'project').action(async (name: string, options: CreateOptions) => {
    const { api, out, project } = await cli.open(options);
    const { displayName, port, replicas } = options;
    const build =
      options.dockerfile || options.buildContext
        ? { dockerfile: options.dockerfile ?? 'Dockerfile', context: options.buildContext ?? '.' }
        : undefined;
    const processes = port !== undefined || replicas !== undefined ? { web: { port, replicas } } : undefined;
    const body = { name, displayName, source: toSource(options), build, processes };
    out.object(await read(api.POST(`${PROJECT}/applications`, { params: { path: await project() }, body })), toFields);
  });
  withExamples(
    create,
    'slipway apps create shop --git https://git.example.com/acme/shop.git --ref main --port 3000',
    'slipway apps create shop --push',
  );

  const remove = apps
    .command('delete')
    .alias('rm')
    .description('Delete an application with its releases and what runs of it.')
    .argument('<name>')
    .option('-y, --yes', 'do not ask');
  withScope(remove, 'project').action(async (application: string, options: CommonOptions & { yes?: boolean }) => {
    const { api, out, project } = await cli.open(options);
    const path = { ...(await project()), application };
    await read(api.GET(APPLICATION, { params: { path } }));
    if (!(await confirm(cli.io, `Delete application '${application}' of ${path.tenant}/${path.project}?`, options.yes)))
      return;
    await api.DELETE(APPLICATION, { params: { path } });
    out.note(`Application '${application}' is being deleted.`);
  });
}

function toSource(options: CreateOptions): Source {
  if ([options.git, options.image, options.push].filter(Boolean).length > 1)
    throw usageError('--git, --image and --push exclude each other.');
  if (options.git) return { type: 'git', url: options.git, ref: options.ref };
  if (options.image) return { type: 'image', image: options.image };
  return { type: options.push ? 'push' : 'archive' };
}

function toFields(application: Application) {
  const { source } = application;
  const origin =
    source.type === 'git'
      ? `git ${source.url} ${source.ref ?? ''}`
      : source.type === 'image'
        ? source.image
        : source.type;
  const processes = Object.entries(application.processes ?? {}).map(
    ([name, process]) => `${name}${process.port ? `:${process.port}` : ''} ×${process.replicas ?? 1}`,
  );
  return [
    ['name', application.name],
    ['display name', application.displayName],
    ['source', origin.trim()],
    ['processes', processes.join(', ')],
    ['git', application.gitUrl],
    ...(application.environments ?? []).map(
      (at) =>
        [
          at.name,
          [at.state, at.release ? `release ${at.release}` : undefined, at.url].filter(Boolean).join('  '),
        ] as const,
    ),
    ['id', application.id],
  ] as const;
}
