import type { Command } from 'commander';
import { APP_ENVIRONMENT } from '../api.js';
import { formatAge } from '../format.js';
import { type Cli, type CommonOptions, withScope } from '../session.js';
import type { Pod } from '../types.js';

export function registerPods(program: Command, cli: Cli): void {
  const command = program.command('pods').description('List the pods of an application.');
  withScope(command, 'environment').action(async (options: CommonOptions) => {
    const { api, out, environment } = await cli.open(options);
    const answer = await api.get<readonly Pod[] | { readonly items: readonly Pod[] }>(`${APP_ENVIRONMENT}/pods`, {
      path: await environment(),
    });
    out.list(
      'items' in answer ? answer.items : answer,
      [
        { header: 'NAME', value: (pod) => pod.name },
        { header: 'PROCESS', value: (pod) => pod.process },
        { header: 'RELEASE', value: (pod) => pod.release },
        { header: 'PHASE', value: (pod) => pod.phase },
        { header: 'READY', value: (pod) => pod.ready },
        { header: 'RESTARTS', value: (pod) => pod.restarts },
        { header: 'AGE', value: (pod) => formatAge(pod.startedAt, cli.io.now()) },
        { header: 'NODE', value: (pod) => pod.node },
        { header: 'MESSAGE', value: (pod) => pod.message },
      ],
      'No pod runs.',
    );
  });
}
