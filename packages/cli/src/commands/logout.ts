import { ApiError } from '@slipway/sdk';
import type { Command } from 'commander';
import { createApi } from '../api.js';
import { readConfig, withoutContext, writeConfig } from '../config.js';
import { CliError } from '../errors.js';
import { type Cli, type CommonOptions, chooseContext, withScope } from '../session.js';

export function registerLogout(program: Command, cli: Cli): void {
  const command = program.command('logout').description('Revoke the token of this login and forget the context.');
  withScope(command, 'server').action(async (options: CommonOptions) => {
    const config = await readConfig(cli.settings.configFile);
    const { name, context } = chooseContext(config, options.context);
    const out = cli.output(options);
    if (!context) return out.note('You are not logged in.');
    if (context.token && context.tokenId) {
      const api = createApi({ server: context.server, token: context.token });
      await api
        .DELETE('/api/v1/me/tokens/{id}', { params: { path: { id: context.tokenId } } })
        .catch((error: unknown) => {
          // A token that is gone already is what was asked for; with no server it dies by its own date.
          if (error instanceof ApiError) return;
          if (!(error instanceof CliError)) throw error;
          cli.io.stderr.write(`The token could not be revoked: ${error.message}\n`);
        });
    }
    await writeConfig(cli.settings.configFile, withoutContext(config, name));
    out.note(`Logged out of ${context.server} (context '${name}').`);
  });
}
