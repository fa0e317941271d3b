import type { Command } from 'commander';
import { APP_ENVIRONMENT, read } from '../api.js';
import { openInBrowser } from '../browser.js';
import { CliError } from '../errors.js';
import { type Cli, type CommonOptions, withScope } from '../session.js';

export function registerOpen(program: Command, cli: Cli): void {
  const command = program
    .command('open')
    .description("Open an application's URL in the browser; without a terminal, print it.")
    .option('--print', 'only print the URL');
  withScope(command, 'environment').action(async (options: CommonOptions & { print?: boolean }) => {
    const { api, out, environment } = await cli.open(options);
    const path = await environment();
    const { url } = await read(api.GET(`${APP_ENVIRONMENT}/status`, { params: { path } }));
    if (!url)
      throw new CliError('no-url', `${path.application} has no URL in ${path.environment} yet.`, {
        remedy: "Run 'slipway deploy' first.",
      });
    out.text({ url }, (result) => result.url);
    if (!options.print && cli.io.stdout.isTTY) openInBrowser(url);
  });
}
