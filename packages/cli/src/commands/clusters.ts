import type { Command } from 'commander';
import { read, readAll } from '../api.js';
import { type Cli, type CommonOptions, withScope } from '../session.js';

export function registerClusters(program: Command, cli: Cli): void {
  const clusters = program
    .command('clusters')
    .alias('cluster')
    .description('Clusters that applications run on (administrators).');

  withScope(clusters.command('list').alias('ls').description('List the clusters.'), 'server').action(
    async (options: CommonOptions) => {
      const { api, out } = await cli.open(options);
      out.list(await readAll((query) => api.GET('/api/v1/clusters', { params: { query } })), [
        { header: 'NAME', value: (cluster) => cluster.name },
        { header: 'KIND', value: (cluster) => cluster.kind },
        { header: 'STATE', value: (cluster) => cluster.state },
        { header: 'KUBERNETES', value: (cluster) => cluster.kubernetesVersion },
        { header: 'NODES', value: (cluster) => cluster.nodes?.length },
        { header: 'SERVER', value: (cluster) => cluster.server },
      ]);
    },
  );

  withScope(
    clusters.command('get').description('Show one cluster with its nodes.').argument('<name>'),
    'server',
  ).action(async (name: string, options: CommonOptions) => {
    const { api, out } = await cli.open(options);
    const cluster = await read(api.GET('/api/v1/clusters/{cluster}', { params: { path: { cluster: name } } }));
    out.object(cluster, () => [
      ['name', cluster.name],
      ['kind', cluster.kind],
      ['state', cluster.state],
      ['kubernetes', cluster.kubernetesVersion],
      ['server', cluster.server],
      ...(cluster.nodes ?? []).map((node) => [`node ${node.name}`, node.ready ? 'ready' : 'not ready'] as const),
    ]);
  });
}
