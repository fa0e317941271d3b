import type { Command } from 'commander';
import { APP_ENVIRONMENT, read } from '../api.js';
import { formatAge } from '../format.js';
import { type Cli, type CommonOptions, withScope } from '../session.js';

export function registerPods(program: Command, cli: Cli): void {
  const command = program.command('pods').description('List the pods of an application.');
  withScope(command, 'environment').action(async (options: CommonOptions) => {
    const { api, out, environment } = await cli.open(options);
    const answer = await read(api.GET(`${APP_ENVIRONMENT}/pods`, { params: { path: await environment() } }));
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
