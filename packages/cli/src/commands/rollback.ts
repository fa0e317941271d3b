import { Argument, type Command } from 'commander';
import { APP_ENVIRONMENT, APPLICATION, read } from '../api.js';
import { followRollout } from '../follow.js';
import { withExamples } from '../help.js';
import { parseNumber } from '../parse.js';
import { type Cli, type CommonOptions, withScope } from '../session.js';

export function registerRollback(program: Command, cli: Cli): void {
  const command = program
    .command('rollback')
    .description('Go back to the release before, or to the one named, with its image and configuration.')
    .addArgument(new Argument('[release]', 'number of the release').argParser(parseNumber))
    .option('--no-wait', 'return when the rollout has started');
  withScope(command, 'environment').action(
    async (release: number | undefined, options: CommonOptions & { wait: boolean }) => {
      const { api, out, environment: resolve } = await cli.open(options);
      const { environment, ...path } = await resolve();
      const rollout = await read(
        api.POST(`${APPLICATION}/rollback`, { params: { path }, body: { environment, release } }),
      );
      cli.io.stderr.write(`Rolling ${environment} back to release ${rollout.release}\n`);
      if (!options.wait)
        return out.object(rollout, () => [
          ['rollout', rollout.id],
          ['release', rollout.release],
          ['state', rollout.state],
        ]);
      await followRollout(api, cli.io, path, rollout.id);
      const status = await read(api.GET(`${APP_ENVIRONMENT}/status`, { params: { path: { ...path, environment } } }));
      const result = {
        application: path.application,
        environment,
        release: status.release,
        url: status.url,
        state: status.state,
      };
      out.text(result, () => status.url ?? '');
    },
  );
  withExamples(command, 'slipway rollback --app shop', 'slipway rollback 12 --app shop --environment staging');
}
