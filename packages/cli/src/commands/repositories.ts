import type { Command } from 'commander';
import { read, readAll, TENANT } from '../api.js';
import { usageError } from '../errors.js';
import { formatAge, formatBytes, shortHash } from '../format.js';
import { confirm } from '../prompt.js';
import { type Cli, type CommonOptions, withScope } from '../session.js';

interface DeleteOptions extends CommonOptions {
  readonly yes?: boolean;
}

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

  const remove = repositories
    .command('delete')
    .alias('rm')
    .description('Delete an image with all its tags; its bytes come back to the quota at once.')
    .argument('<repository>', 'project/application')
    .argument('<image>', 'a tag, a digest or the beginning of one')
    .option('-y, --yes', 'do not ask');
  withScope(remove, 'tenant').action(async (repository: string, image: string, options: DeleteOptions) => {
    const { api, out, tenant } = await cli.open(options);
    const path = { ...(await tenant()), repository };
    const artifacts = await readAll((query) =>
      api.GET(`${TENANT}/repositories/{repository}/artifacts`, { params: { path, query } }),
    );
    const bare = image.replace(/^sha256:/, '');
    const found = artifacts.filter(
      ({ digest, tags }) => tags.includes(image) || (bare.length >= 6 && digest.startsWith(`sha256:${bare}`)),
    );
    const [artifact, ...more] = found;
    // The whole digest may be of an image without a tag, which no list shows.
    const digest = artifact?.digest ?? (/^sha256:[a-f0-9]{64}$/.test(image) ? image : undefined);
    if (!digest) throw usageError(`${repository} has no image ${image}.`, 'slipway repositories artifacts lists them.');
    if (more.length > 0) throw usageError(`${image} is the beginning of several digests.`, 'Write more of it.');
    const names = artifact?.tags.join(', ') || 'no tag';
    if (!(await confirm(cli.io, `Delete ${repository}@${shortHash(digest)} (${names})?`, options.yes)))
      return out.note('Nothing was deleted.');
    await read(
      api.DELETE(`${TENANT}/repositories/{repository}/artifacts/{digest}`, { params: { path: { ...path, digest } } }),
    );
    out.note(`${repository}@${shortHash(digest)} is deleted.`);
  });
}
