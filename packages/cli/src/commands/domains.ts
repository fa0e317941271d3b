import { readFile } from 'node:fs/promises';
import { resolve } from 'node:path';
import type { Schemas } from '@slipway/sdk';
import { Argument, type Command } from 'commander';
import { APP_ENVIRONMENT, read, readAll, toDryRun } from '../api.js';
import { CliError, usageError } from '../errors.js';
import { withExamples } from '../help.js';
import { type Cli, type CommonOptions, withScope } from '../session.js';
import { tellPlan } from './plan.js';

type Domain = Schemas['Domain'];

interface DomainOptions extends CommonOptions {
  readonly dryRun?: boolean;
}

const DOMAIN = `${APP_ENVIRONMENT}/domains/{hostname}` as const;

export function registerDomains(program: Command, cli: Cli): void {
  const domains = program.command('domains').alias('domain').description('Host names that lead to an application.');

  withScope(domains.command('list').alias('ls').description('List the host names.'), 'environment').action(
    async (options: CommonOptions) => {
      const { api, out, environment } = await cli.open(options);
      const path = await environment();
      out.list(await readAll((query) => api.GET(`${APP_ENVIRONMENT}/domains`, { params: { path, query } })), [
        { header: 'HOSTNAME', value: (domain) => domain.hostname },
        { header: 'STATE', value: (domain) => domain.state },
        { header: 'CERTIFICATE', value: (domain) => domain.certificate?.state ?? '-' },
        { header: 'HTTPS', value: (domain) => domain.https },
        { header: 'DEFAULT', value: (domain) => domain.isDefault },
        { header: 'URL', value: (domain) => domain.url },
      ]);
    },
  );

  const get = domains.command('get').description('Show a host name, and what is to be published for it.');
  withScope(get.argument('<hostname>'), 'environment').action(async (hostname: string, options: CommonOptions) => {
    const { api, out, environment } = await cli.open(options);
    const path = { ...(await environment()), hostname };
    out.text(await read(api.GET(DOMAIN, { params: { path } })), describe);
  });

  const add = domains
    .command('add')
    .description('Lead a host name to the application, once it is proven.')
    .argument('<hostname>')
    .option('--dry-run', 'say what it would do, and change nothing');
  withScope(add, 'environment').action(async (hostname: string, options: DomainOptions) => {
    const { api, out, environment } = await cli.open(options);
    const params = { path: await environment(), query: toDryRun(options) };
    const domain = await read(api.POST(`${APP_ENVIRONMENT}/domains`, { params, body: { hostname } }));
    if (options.dryRun) return out.text(domain, tellDryRun);
    out.text(domain, (result) => (result.state === 'verified' ? result.url : describe(result)));
  });
  withExamples(add, 'slipway domains add shop.example.com --app shop');

  registerVerify(domains, cli);
  registerCertificate(domains, cli);
  registerHttps(domains, cli);

  withScope(
    domains.command('remove').alias('rm').description('Take a host name away.').argument('<hostname>'),
    'environment',
  ).action(async (hostname: string, options: CommonOptions) => {
    const { api, out, environment } = await cli.open(options);
    await api.DELETE(DOMAIN, { params: { path: { ...(await environment()), hostname } } });
    out.note(`${hostname} no longer leads here.`);
  });
}

function registerVerify(domains: Command, cli: Cli): void {
  const verify = domains
    .command('verify')
    .description('Look for the proof of a host name in the DNS now.')
    .argument('<hostname>')
    .option('--confirm <reason>', 'as an administrator of the platform: without a proof in the DNS, for this reason');
  withScope(verify, 'environment').action(
    async (hostname: string, options: CommonOptions & { readonly confirm?: string }) => {
      const { api, out, environment } = await cli.open(options);
      const path = { ...(await environment()), hostname };
      const body = options.confirm === undefined ? {} : { confirm: { reason: options.confirm } };
      const domain = await read(api.POST(`${DOMAIN}/verify`, { params: { path }, body }));
      out.text(domain, (result) => (result.state === 'verified' ? result.url : describe(result)));
      if (domain.state === 'pending')
        throw new CliError('domain-pending', `${hostname} is not proven yet.`, {
          exit: 'failed',
          remedy: 'Publish the record; the platform looks by itself as well.',
        });
    },
  );
  withExamples(verify, 'slipway domains verify shop.example.com --app shop');
}

interface CertificateOptions extends CommonOptions {
  readonly cert?: string;
  readonly key?: string;
  readonly secret?: string;
  readonly remove?: boolean;
}

function registerCertificate(domains: Command, cli: Cli): void {
  const certificate = domains
    .command('certificate')
    .alias('cert')
    .description('Show, set or take away the certificate of a host name.')
    .argument('<hostname>')
    .option('--cert <file>', 'the chain in PEM, the own certificate first')
    .option('--key <file>', 'its key in PEM')
    .option('--secret <name>', 'a Secret of type kubernetes.io/tls in the namespace of the environment')
    .option('--remove', 'take it away');
  withScope(certificate, 'environment').action(async (hostname: string, options: CertificateOptions) => {
    const { cert, key, secret, remove } = options;
    const isUpload = cert !== undefined || key !== undefined;
    if ([isUpload, secret !== undefined, remove === true].filter(Boolean).length > 1)
      throw usageError('--cert with --key, --secret and --remove exclude each other.');
    const { api, out, environment } = await cli.open(options);
    const path = { ...(await environment()), hostname };
    if (remove) {
      await api.DELETE(`${DOMAIN}/certificate`, { params: { path } });
      out.note(`${hostname} has no certificate of its own any more.`);
      return;
    }
    const body = secret === undefined ? await readPem(cli, cert, key) : { secret };
    const domain = body
      ? await read(api.PUT(`${DOMAIN}/certificate`, { params: { path }, body }))
      : await read(api.GET(DOMAIN, { params: { path } }));
    out.text(domain, describe);
  });
  withExamples(
    certificate,
    'slipway domains certificate shop.example.com --cert chain.pem --key key.pem --app shop',
    'slipway domains certificate shop.example.com --secret shop-tls --app shop',
  );
}

function registerHttps(domains: Command, cli: Cli): void {
  const https = domains
    .command('https')
    .description('Say what becomes of requests without TLS: answered, or sent there. Needs a certificate.')
    .argument('<hostname>')
    .addArgument(new Argument('<also|only>', 'only: they are answered by 301').choices(['also', 'only']))
    .option('--dry-run', 'say what it would do, and change nothing');
  withScope(https, 'environment').action(async (hostname: string, wanted: Domain['https'], options: DomainOptions) => {
    const { api, out, environment } = await cli.open(options);
    const params = { path: { ...(await environment()), hostname }, query: toDryRun(options) };
    const domain = await read(api.PATCH(DOMAIN, { params, body: { https: wanted } }));
    out.text(domain, options.dryRun ? tellDryRun : describe);
  });
  withExamples(https, 'slipway domains https shop.example.com only --app shop');
}

async function readPem(cli: Cli, cert: string | undefined, key: string | undefined) {
  if (cert === undefined && key === undefined) return undefined;
  if (cert === undefined || key === undefined) throw usageError('--cert and --key belong together.');
  const open = (file: string) =>
    readFile(resolve(cli.io.cwd, file), 'utf8').catch(() => {
      throw usageError(`${file} cannot be read.`);
    });
  return { certificate: await open(cert), privateKey: await open(key) };
}

const tellDryRun = ({ state, plan }: Domain): string =>
  state === 'pending' ? 'Nothing is routed until it is proven in the DNS.' : tellPlan(plan);

/** What somebody needs to know who has just added it, or wonders why it does not answer. */
function describe({ hostname, state, url, challenge, message, certificate, https }: Domain): string {
  const proof = challenge
    ? ['Publish this record, then run `slipway domains verify`:', `  ${challenge.name}  TXT  "${challenge.value}"`]
    : [];
  const { subjectNames = [], notAfter } = certificate ?? {};
  const served = certificate
    ? [
        `Certificate: ${certificate.state}, Secret ${certificate.secret}${certificate.uploaded ? ' (uploaded)' : ''}`,
        ...(notAfter === undefined ? [] : [`  for ${subjectNames.join(', ')} until ${notAfter}`]),
        ...(certificate.message === null ? [] : [`  ${certificate.message}`]),
        ...(https === 'only' ? ['Requests without TLS are sent there.'] : []),
      ]
    : [];
  return [
    `${hostname}: ${state}`,
    ...(state === 'verified' ? [url] : []),
    ...(message ? [message] : []),
    ...proof,
    ...served,
  ].join('\n');
}
