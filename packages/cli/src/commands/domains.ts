import type { Command } from 'commander';
import { APP_ENVIRONMENT, read, readAll } from '../api.js';
import { withExamples } from '../help.js';
import { type Cli, type CommonOptions, withScope } from '../session.js';

export function registerDomains(program: Command, cli: Cli): void {
  const domains = program.command('domains').alias('domain').description('Host names that lead to an application.');

  withScope(domains.command('list').alias('ls').description('List the host names.'), 'environment').action(
    async (options: CommonOptions) => {
      const { api, out, environment } = await cli.open(options);
      const path = await environment();
      out.list(await readAll((query) => api.GET(`${APP_ENVIRONMENT}/domains`, { params: { path, query } })), [
        { header: 'HOSTNAME', value: (domain) => domain.hostname },
        { header: 'DEFAULT', value: (domain) => domain.isDefault },
        { header: 'URL', value: (domain) => domain.url },
      ]);
    },
  );

  const add = domains.command('add').description('Lead a host name to the application.').argument('<hostname>');
  withScope(add, 'environment').action(async (hostname: string, options: CommonOptions) => {
    const { api, out, environment } = await cli.open(options);
    const domain = await read(
      api.POST(`${APP_ENVIRONMENT}/domains`, { params: { path: await environment() }, body: { hostname } }),
    );
    out.text(domain, (result) => result.url);
  });
  withExamples(add, 'slipway domains add shop.example.com --app shop');

  withScope(
    domains.command('remove').alias('rm').description('Take a host name away.').argument('<hostname>'),
    'environment',
  ).action(async (hostname: string, options: CommonOptions) => {
    const { api, out, environment } = await cli.open(options);
    await api.DELETE(`${APP_ENVIRONMENT}/domains/{hostname}`, {
      params: { path: { ...(await environment()), hostname } },
    });
    out.note(`${hostname} no longer leads here.`);
  });
}
