import { readFile } from 'node:fs/promises';
import { resolve } from 'node:path';
import type { Command } from 'commander';
import { read, readAll, TENANT } from '../api.js';
import { CliError, usageError } from '../errors.js';
import { withExamples } from '../help.js';
import { parseCount } from '../parse.js';
import { type Cli, type CommonOptions, withScope } from '../session.js';

interface PlaceOptions extends CommonOptions {
  readonly all?: boolean;
}

interface CreateOptions extends PlaceOptions {
  readonly syslog?: string;
  readonly plain?: boolean;
  readonly caFile?: string;
  readonly webhook?: string;
  readonly s3?: string;
  readonly bucket?: string;
  readonly region?: string;
  readonly prefix?: string;
  readonly accessKeyId?: string;
  readonly secretFile?: string;
  readonly actor?: string;
  readonly action?: string[];
  readonly resource?: string;
  readonly outcome?: 'success' | 'denied' | 'failed';
  readonly onlyTenant?: string;
}

/** `audit streams`. */
export function registerAuditStreams(audit: Command, cli: Cli): void {
  const streams = audit.command('streams').description('Where the audit log is sent: syslog, webhooks, S3.');
  const place = (command: Command) => withScope(command.option('--all', "the platform's streams"), 'tenant');

  place(streams.command('list', { isDefault: true }).alias('ls').description('List the streams.')).action(
    async (options: PlaceOptions) => {
      const { api, out, tenant } = await cli.open(options);
      const path = options.all ? undefined : await tenant();
      const found = path
        ? await readAll((query) => api.GET(`${TENANT}/audit-streams`, { params: { path, query } }))
        : await readAll((query) => api.GET('/api/v1/audit-streams', { params: { query } }));
      out.list(found, [
        { header: 'NAME', value: (stream) => stream.name },
        { header: 'TO', value: (stream) => stream.target.type },
        { header: 'STATE', value: (stream) => stream.state },
        { header: 'DELIVERED', value: (stream) => stream.delivered },
        { header: 'BEHIND', value: (stream) => `${stream.lagSeconds} s` },
        { header: 'ERROR', value: (stream) => stream.lastError ?? undefined },
      ]);
    },
  );

  const create = streams
    .command('create')
    .description('Have the rows from now on sent somewhere. The secret of a webhook is printed once.')
    .argument('<name>')
    .option('--syslog <host:port>', 'RFC 5424 over TLS')
    .option('--plain', 'syslog over TCP without TLS')
    .option('--ca-file <file>', 'PEM of who signed the certificate of the syslog server')
    .option('--webhook <url>', 'batches of CloudEvents, signed')
    .option('--s3 <endpoint>', 'objects in a bucket, with --bucket, --access-key-id and --secret-file')
    .option('--bucket <name>')
    .option('--region <name>', 'default: us-east-1')
    .option('--prefix <path>')
    .option('--access-key-id <id>')
    .option('--secret-file <file>', 'holds the secret access key')
    .option('--actor <name>', 'only what this user or robot did')
    .option('--action <action...>', 'only these actions; project.* takes all of a kind')
    .option('--resource <path>', 'only this path and what is under it')
    .option('--outcome <outcome>', 'success, denied or failed')
    .option('--only-tenant <name>', "of a stream of the platform: only this tenant's rows; - for the platform's own");
  place(create).action(async (name: string, options: CreateOptions) => {
    const { api, out, tenant } = await cli.open(options);
    const readText = (file: string) => readFile(resolve(cli.io.cwd, file), 'utf8');
    const target = await toTarget(options, readText);
    const { actor, action: actions, resource, outcome, onlyTenant } = options;
    const filter = { actor, actions, resource, outcome, tenant: onlyTenant };
    const secretAccessKey = options.secretFile ? (await readText(options.secretFile)).trim() : undefined;
    const body = { name, target, filter, secretAccessKey };
    const path = options.all ? undefined : await tenant();
    const made = path
      ? await read(api.POST(`${TENANT}/audit-streams`, { params: { path }, body }))
      : await read(api.POST('/api/v1/audit-streams', { body }));
    out.text(made, (stream) => stream.webhookSecret ?? stream.name);
    if (made.webhookSecret) out.note('The secret that its calls are signed with cannot be shown again.');
  });
  withExamples(
    create,
    'slipway audit streams create siem --all --syslog siem.example.org:6514',
    'slipway audit streams create archive --tenant acme --s3 https://s3.example.org --bucket audit --access-key-id AK --secret-file key',
  );

  place(streams.command('test').description('Send a row that says it is a test.').argument('<name>')).action(
    async (stream: string, options: PlaceOptions) => {
      const { api, out, tenant } = await cli.open(options);
      const found = options.all
        ? await read(api.POST('/api/v1/audit-streams/{stream}/test', { params: { path: { stream } } }))
        : await read(
            api.POST(`${TENANT}/audit-streams/{stream}/test`, { params: { path: { ...(await tenant()), stream } } }),
          );
      if (!found.isDelivered) throw new CliError('audit-stream-not-delivered', found.error ?? 'It was not taken.');
      out.text(found, ({ milliseconds }) => `Taken after ${milliseconds} ms.`);
    },
  );

  for (const [verb, isEnabled, description] of [
    ['stop', false, 'Stop a stream where it is.'],
    ['start', true, 'Go on where it was.'],
  ] as const) {
    place(streams.command(verb).description(description).argument('<name>')).action(
      async (stream: string, options: PlaceOptions) => {
        const { api, out, tenant } = await cli.open(options);
        const body = { isEnabled };
        const found = options.all
          ? await read(api.PATCH('/api/v1/audit-streams/{stream}', { params: { path: { stream } }, body }))
          : await read(
              api.PATCH(`${TENANT}/audit-streams/{stream}`, {
                params: { path: { ...(await tenant()), stream } },
                body,
              }),
            );
        out.text(found, ({ name, state }) => `${name}: ${state}`);
      },
    );
  }

  place(streams.command('delete').alias('rm').description('Delete a stream.').argument('<name>')).action(
    async (stream: string, options: PlaceOptions) => {
      const { api, out, tenant } = await cli.open(options);
      if (options.all) await read(api.DELETE('/api/v1/audit-streams/{stream}', { params: { path: { stream } } }));
      else
        await read(
          api.DELETE(`${TENANT}/audit-streams/{stream}`, { params: { path: { ...(await tenant()), stream } } }),
        );
      out.note(`Deleted the stream ${stream}.`);
    },
  );
}

async function toTarget(options: CreateOptions, readText: (file: string) => Promise<string>) {
  const { syslog, webhook, s3 } = options;
  if ([syslog, webhook, s3].filter((one) => one !== undefined).length !== 1)
    throw usageError('Give one of --syslog, --webhook and --s3.');
  if (webhook !== undefined) return { type: 'webhook' as const, url: webhook };
  if (syslog !== undefined) {
    const [, host = '', port = ''] = /^(.+):(\d+)$/.exec(syslog) ?? [];
    if (host === '') throw usageError('Write --syslog as host:port.');
    const ca = options.caFile ? await readText(options.caFile) : undefined;
    const bare = host.replace(/^\[|\]$/g, '');
    return { type: 'syslog' as const, host: bare, port: parseCount(port), tls: options.plain !== true, ca };
  }
  const { bucket, accessKeyId, region = 'us-east-1', prefix = '' } = options;
  if (s3 === undefined || !bucket || !accessKeyId || !options.secretFile)
    throw usageError('--s3 needs --bucket, --access-key-id and --secret-file.');
  return { type: 's3' as const, endpoint: s3, bucket, accessKeyId, region, prefix };
}
