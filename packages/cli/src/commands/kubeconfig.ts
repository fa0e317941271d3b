import { readFile } from 'node:fs/promises';
import type { Command } from 'commander';
import { PROJECT, read } from '../api.js';
import { isMissing, writePrivateFile } from '../config.js';
import { withExamples } from '../help.js';
import { mergeKubeconfig, renderKubeconfig, toKubeconfig } from '../kubeconfig.js';
import { parseCount } from '../parse.js';
import { type Cli, type CommonOptions, withScope } from '../session.js';
import { toTokenName } from './login.js';

interface KubeconfigOptions extends CommonOptions {
  readonly cluster: string;
  readonly merge?: boolean;
  readonly ownToken: boolean;
  readonly expiresInDays: number;
}

export function registerKubeconfig(program: Command, cli: Cli): void {
  const command = program
    .command('kubeconfig')
    .description('Print a kubeconfig for kubectl and helm; it reaches the namespaces of your tenants and no others.')
    .option('--cluster <name>', 'cluster', 'embedded')
    .option(
      '--merge',
      "add it to the file that KUBECONFIG names (~/.kube/config) and make it kubectl's current context",
    )
    .option('--no-own-token', "use this login's token instead of creating one for kubectl")
    .option('--expires-in-days <days>', 'life of the token', parseCount, 30)
    .option('-e, --environment <name>', "environment whose namespace becomes kubectl's default");
  withScope(command, 'project').action((options: KubeconfigOptions) => kubeconfig(cli, options));
  withExamples(
    command,
    'slipway kubeconfig --tenant acme --project demo > kubeconfig',
    'slipway kubeconfig --merge && kubectl get pods',
  );
}

async function kubeconfig(cli: Cli, options: KubeconfigOptions): Promise<void> {
  const session = await cli.open(options);
  const { api, out, server } = session;
  const namespace = await findNamespace(cli, options, session);
  const created = options.ownToken
    ? await read(
        api.POST('/api/v1/me/tokens', {
          body: { name: toTokenName('kubectl', cli.io.now()), expiresInDays: options.expiresInDays },
        }),
      )
    : undefined;
  const wanted = toKubeconfig({
    name: `slipway-${options.cluster}`,
    server: `${server}/k8s/clusters/${encodeURIComponent(options.cluster)}`,
    username: (await read(api.GET('/api/v1/me'))).username,
    token: created?.token ?? session.token ?? '',
    namespace,
  });
  if (!options.merge)
    return options.output === 'json' ? out.line(JSON.stringify(wanted, null, 2)) : out.line(renderKubeconfig(wanted));
  const file = cli.settings.kubeconfigFile;
  const present = await readFile(file, 'utf8').catch((error: unknown) => {
    if (isMissing(error)) return '';
    throw error;
  });
  await writePrivateFile(file, mergeKubeconfig(present, wanted));
  cli.io.stderr.write(`kubectl's current context is ${wanted['current-context']} (${file}).\n`);
}

/** The namespace of the chosen environment, when tenant and project are known. */
async function findNamespace(
  cli: Cli,
  options: KubeconfigOptions,
  session: Awaited<ReturnType<Cli['open']>>,
): Promise<string | undefined> {
  const { settings } = cli;
  const { context } = session;
  if (
    !(options.tenant ?? settings.tenant ?? context?.tenant) ||
    !(options.project ?? settings.project ?? context?.project)
  )
    return undefined;
  const environment = options.environment ?? settings.environment ?? context?.environment ?? 'production';
  const path = { ...(await session.project()), environment };
  return (await read(session.api.GET(`${PROJECT}/environments/{environment}`, { params: { path } }))).namespace;
}
