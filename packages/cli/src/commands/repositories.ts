import type { Command } from 'commander';
import { readAll, TENANT } from '../api.js';
import { formatAge, formatBytes, shortHash } from '../format.js';
import { type Cli, type CommonOptions, withScope } from '../session.js';

export function registerRepositories(program: Command, cli: Cli): void {
  const repositories = program
    .command('repositories')
    .aliases(['repository', 'repos'])
    .description("A tenant's images.");

  withScope(repositories.command('list').alias('ls').description('List the repositories.'), 'tenant').action(
    async (options: CommonOptions) => {
      const { api, out, tenant } = await cli.open(options);
      const path = await tenant();
      out.list(await readAll((query) => api.GET(`${TENANT}/repositories`, { params: { path, query } })), [
        { header: 'NAME', value: (repository) => repository.name },
        { header: 'ARTIFACTS', value: (repository) => repository.artifactCount },
      ]);
    },
  );

  withScope(
    repositories.command('artifacts').description('List the images of one repository.').argument('<repository>'),
    'tenant',
  ).action(async (repository: string, options: CommonOptions) => {
    const { api, out, tenant } = await cli.open(options);
    const path = { ...(await tenant()), repository };
    out.list(
      await readAll((query) => api.GET(`${TENANT}/repositories/{repository}/artifacts`, { params: { path, query } })),
      [
        { header: 'DIGEST', value: (artifact) => shortHash(artifact.digest) },
        { header: 'TAGS', value: (artifact) => artifact.tags.join(', ') },
        { header: 'SIZE', value: (artifact) => formatBytes(artifact.sizeBytes) },
        { header: 'AGE', value: (artifact) => formatAge(artifact.pushedAt, cli.io.now()) },
      ],
    );
  });
}
