import { readFile } from 'node:fs/promises';
import { type Command, Option } from 'commander';
import { read, TENANT } from '../api.js';
import { isMissing, writePrivateFile } from '../config.js';
import { withExamples } from '../help.js';
import {
  cacheFileOf,
  isFresh,
  type KubeCredential,
  type Kubeconfig,
  mergeKubeconfig,
  parseCredential,
  renderKubeconfig,
  toExecCredential,
  toKubeconfig,
  withServer,
} from '../kubeconfig.js';
import { parseCount } from '../parse.js';
import { type Cli, type CommonOptions, withScope } from '../session.js';
import { toTokenName } from './login.js';

interface KubeconfigOptions extends CommonOptions {
  readonly cluster: string;
  readonly merge?: boolean;
  readonly ownToken: boolean;
  readonly expiresInDays: number;
  readonly execApi: 'v1' | 'v1beta1';
  readonly certificateAuthority?: string;
}

export function registerKubeconfig(program: Command, cli: Cli): void {
  const command = program
    .command('kubeconfig')
    .description('Print a kubeconfig for kubectl and helm; it reaches the namespaces of your tenant and no others.')
    .option('--cluster <name>', 'cluster', 'embedded')
    .option(
      '--merge',
      "add it to the file that KUBECONFIG names (~/.kube/config) and make it kubectl's current context",
    )
    .option('--certificate-authority <file>', "certificate of the authority that the server's own is signed by")
    .addOption(
      new Option('--exec-api <version>', 'v1beta1 for a kubectl before 1.22').choices(['v1', 'v1beta1']).default('v1'),
    )
    .option('--no-own-token', "over plain http: use this login's token instead of creating one for kubectl")
    .option('--expires-in-days <days>', 'over plain http: life of that token', parseCount, 30)
    .option('-e, --environment <name>', "environment whose namespace becomes kubectl's default");
  withScope(command, 'project').action((options: KubeconfigOptions) => kubeconfig(cli, options));
  withExamples(
    command,
    'slipway kubeconfig --tenant acme > kubeconfig',
    'slipway kubeconfig --tenant acme --merge && kubectl get namespaces',
  );

  const credential = command
    .command('credential')
    .description('Print a token of an hour for kubectl, which runs this by itself.')
    .option('-t, --tenant <name>', 'the only tenant whose namespaces the token reaches')
    .option('--server <url>', 'address of the API (SLIPWAY_SERVER)')
    .option('--context <name>', 'login to use, of those in the configuration file');
  credential.action((_options: CommonOptions, self: Command) =>
    printCredential(cli, self.optsWithGlobals<CommonOptions>()),
  );
}

async function kubeconfig(cli: Cli, options: KubeconfigOptions): Promise<void> {
  const session = await cli.open(options);
  const { out, server } = session;
  // kubectl asks no plugin for credentials over plain http; there the address itself has to carry them.
  const wanted = server.startsWith('https:')
    ? await withPlugin(options, session)
    : await withToken(cli, options, session);
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

type Session = Awaited<ReturnType<Cli['open']>>;

async function withPlugin(options: KubeconfigOptions, session: Session): Promise<Kubeconfig> {
  const path = await session.tenant();
  const found = await read(session.api.GET(`${TENANT}/kubeconfig`, { params: { path } }));
  const authority = options.certificateAuthority ? await readFile(options.certificateAuthority) : undefined;
  return withServer(found, {
    server: session.server,
    execApi: options.execApi,
    authority: authority?.toString('base64'),
    project: options.project,
    environment: options.environment,
  });
}

async function withToken(cli: Cli, options: KubeconfigOptions, session: Session): Promise<Kubeconfig> {
  const { api, server } = session;
  const namespace = await findNamespace(cli, options, session);
  const created = options.ownToken
    ? await read(
        api.POST('/api/v1/me/tokens', {
          body: { name: toTokenName('kubectl', cli.io.now()), expiresInDays: options.expiresInDays },
        }),
      )
    : undefined;
  return toKubeconfig({
    name: `slipway-${options.cluster}`,
    server: `${server}/k8s/clusters/${encodeURIComponent(options.cluster)}`,
    username: (await read(api.GET('/api/v1/me'))).username,
    token: created?.token ?? session.token ?? '',
    namespace,
  });
}

/** What kubectl asks for before it talks to the cluster; the token is kept in a file of the user's own until it is nearly over. */
async function printCredential(cli: Cli, options: CommonOptions): Promise<void> {
  const session = await cli.open(options);
  const { tenant } = options;
  const file = cacheFileOf(cli.settings.configFile, { server: session.server, tenant, login: session.token ?? '' });
  const kept = await readFile(file, 'utf8').then(parseCredential, () => undefined);
  const credential: KubeCredential =
    kept && isFresh(kept, cli.io.now())
      ? kept
      : await read(session.api.POST('/api/v1/me/kube-tokens', { body: { tenant } }));
  if (credential !== kept) {
    const { token, expiresAt } = credential;
    await writePrivateFile(file, JSON.stringify({ token, expiresAt }));
  }
  session.out.line(JSON.stringify(toExecCredential(credential, cli.io.env['KUBERNETES_EXEC_INFO'])));
}

/** The namespace of the chosen environment, when tenant and project are known. */
async function findNamespace(cli: Cli, options: KubeconfigOptions, session: Session): Promise<string | undefined> {
  const { settings } = cli;
  const { context } = session;
  if (
    !(options.tenant ?? settings.tenant ?? context?.tenant) ||
    !(options.project ?? settings.project ?? context?.project)
  )
    return undefined;
  const path = await session.projectEnvironment();
  return (
    await read(
      session.api.GET('/api/v1/tenants/{tenant}/projects/{project}/environments/{environment}', { params: { path } }),
    )
  ).namespace;
}
