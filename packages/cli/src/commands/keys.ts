import { setTimeout as delay } from 'node:timers/promises';
import type { Command } from 'commander';
import { type Api, read } from '../api.js';
import { CliError } from '../errors.js';
import { formatAge } from '../format.js';
import { withExamples } from '../help.js';
import { type Cli, type CommonOptions, withScope } from '../session.js';

interface WaitOptions extends CommonOptions {
  readonly wait: boolean;
}

export function registerKeys(program: Command, cli: Cli): void {
  const keys = program.command('keys').description('The master keys that secrets are sealed with (administrators).');

  withScope(keys.command('list').alias('ls').description('List the master keys.'), 'server').action(
    async (options: CommonOptions) => {
      const { api, out } = await cli.open(options);
      const { items } = await read(api.GET('/api/v1/encryption-keys'));
      const now = cli.io.now();
      out.list(items, [
        { header: 'KEY', value: (key) => key.id },
        { header: 'STATE', value: (key) => key.state },
        { header: 'FROM', value: (key) => key.source },
        { header: 'AGE', value: (key) => (key.since ? formatAge(key.since, now) : '') },
        { header: 'SECRETS', value: (key) => key.secrets },
      ]);
    },
  );

  withScope(
    keys.command('status').description('Whether all secrets are under the primary key, and what to do if not.'),
    'server',
  ).action(async (options: CommonOptions) => {
    const { api, out } = await cli.open(options);
    const status = await read(api.GET('/api/v1/encryption-keys'));
    const primary = status.items.find(({ state }) => state === 'primary');
    const behind = status.items.filter(({ state, secrets }) => state !== 'primary' && secrets > 0);
    const idle = status.items.filter(({ state, secrets }) => state !== 'primary' && secrets === 0);
    const count = behind.reduce((sum, { secrets }) => sum + secrets, 0);
    const isRunning = ['pending', 'running'].includes(status.rotation?.state ?? '');
    out.object(status, () => [
      ['primary key', primary?.id ?? 'none'],
      ['secrets under it', String(primary?.secrets ?? 0)],
      ['under older keys', String(count)],
      ['without a key', String(status.missing)],
      ['last rotation', status.rotation ? `${status.rotation.state}, ${status.rotation.progress} %` : 'none'],
      ...idle.map(({ id }) => ['not needed', `${id}: slipway keys retire ${id}`] as const),
      ...(count > 0 && !isRunning ? [['to do', 'slipway keys rewrap'] as const] : []),
    ]);
    if (status.missing > 0)
      throw new CliError('encryption-keys-missing', `${status.missing} secrets cannot be opened: their key is away.`, {
        remedy: 'Put the file of the key back into SLIPWAY_MASTER_KEY_DIR.',
      });
  });

  const rotate = keys
    .command('rotate')
    .description('Make a new primary key, and seal the data keys of all secrets with it.')
    .option('--no-wait', 'return at once; see status');
  withScope(rotate, 'server').action(async (options: WaitOptions) => {
    const { api, out } = await cli.open(options);
    const before = (await read(api.GET('/api/v1/encryption-keys'))).items.find(({ state }) => state === 'primary');
    const rotation = await read(api.POST('/api/v1/encryption-keys/rotate'));
    cli.io.stderr.write(`${rotation.primary} is the primary key now.\n`);
    if (options.wait) await follow(cli, api, rotation.operation);
    out.text(rotation, () =>
      options.wait && before
        ? `All secrets are under ${rotation.primary}. Keep the file of ${before.id} with your backups from before, then: slipway keys retire ${before.id}`
        : `Secrets are sealed anew: slipway keys status`,
    );
  });
  withExamples(rotate, 'slipway keys rotate');

  withScope(
    keys
      .command('rewrap')
      .description('Seal the data keys that are under older keys with the primary one.')
      .option('--no-wait', 'return at once; see status'),
    'server',
  ).action(async (options: WaitOptions) => {
    const { api, out } = await cli.open(options);
    const rotation = await read(api.POST('/api/v1/encryption-keys/rewrap'));
    if (options.wait) await follow(cli, api, rotation.operation);
    out.text(rotation, () =>
      options.wait ? `All secrets are under ${rotation.primary}.` : 'See slipway keys status.',
    );
  });

  withScope(
    keys.command('retire').description('Take a key that no secret needs out of use; its file stays.').argument('<key>'),
    'server',
  ).action(async (key: string, options: CommonOptions) => {
    const { api, out } = await cli.open(options);
    await api.DELETE('/api/v1/encryption-keys/{key}', { params: { path: { key } } });
    out.note(`${key} is retired. Keep its file with the backups that were made under it.`);
  });
}

async function follow(cli: Cli, api: Api, id: string): Promise<void> {
  let said = '';
  for (;;) {
    const { state, steps, progress, error } = await read(
      api.GET('/api/v1/operations/{id}', { params: { path: { id } } }),
    );
    const step = steps.find((one) => one.state === 'running');
    const line = step ? `${progress} %: ${step.name} ${step.message ?? ''}`.trim() : `${progress} %`;
    if (line !== said) cli.io.stderr.write(`${line}\n`);
    said = line;
    if (state === 'succeeded') return;
    if (state === 'failed' || state === 'cancelled')
      throw new CliError('keys-not-rewrapped', error?.message ?? 'The secrets were not all sealed anew.', {
        remedy: 'Nothing is lost: see that the keys are in place, then run slipway keys rewrap.',
      });
    await delay(500, undefined, { signal: cli.io.signal });
  }
}
