import type { Command } from 'commander';
import { APP_ENVIRONMENT, read } from '../api.js';
import { type Cli, type CommonOptions, withScope } from '../session.js';

export function registerStatus(program: Command, cli: Cli): void {
  const command = program.command('status').description('Show how an application is in an environment.');
  withScope(command, 'environment').action(async (options: CommonOptions) => {
    const { api, out, environment } = await cli.open(options);
    const path = await environment();
    const status = await read(api.GET(`${APP_ENVIRONMENT}/status`, { params: { path } }));
    out.object(status, () => [
      ['application', path.application],
      ['environment', path.environment],
      ['state', status.state],
      ['release', status.release],
      ['url', status.url],
      ...status.processes.map((process) => [process.name, `${process.ready} of ${process.desired} ready`] as const),
    ]);
  });
}
