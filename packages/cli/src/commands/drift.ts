import { setTimeout as delay } from 'node:timers/promises';
import type { Schemas } from '@slipway/sdk';
import type { Command } from 'commander';
import { APP_ENVIRONMENT, read } from '../api.js';
import { CliError, usageError } from '../errors.js';
import { formatAge } from '../format.js';
import { withExamples } from '../help.js';
import { type Cli, type CommonOptions, withScope } from '../session.js';

type Drift = Schemas['Drift'];

interface DriftOptions extends CommonOptions {
  readonly heal?: boolean;
  readonly accept?: string;
  readonly policy?: string;
}

const pollMilliseconds = 500;
const patienceMilliseconds = 30_000;

export function registerDrift(program: Command, cli: Cli): void {
  const command = program
    .command('drift')
    .description('Show what was changed by hand in the cluster, put it back, or let it be.')
    .option('--heal', 'put back what nobody accepted')
    .option('--accept <reason>', 'let all of it be, until the next release or until it changes again')
    .option(
      '--policy <policy>',
      "from now on: show, heal (puts it back by itself), or inherit (the environment's word)",
    );
  withScope(command, 'environment').action((options: DriftOptions) => drift(cli, options));
  withExamples(
    command,
    'slipway drift --app shop',
    'slipway drift --heal --app shop',
    "slipway drift --accept 'more pods until the sale is over' --app shop",
    'slipway drift --policy heal --app shop --environment production',
  );
}

async function drift(cli: Cli, { heal, accept, policy, ...options }: DriftOptions): Promise<void> {
  if ([heal, accept, policy].filter((each) => each !== undefined).length > 1)
    throw usageError('--heal, --accept and --policy exclude each other.');
  const { api, out, environment } = await cli.open(options);
  const path = await environment();
  const params = { path };
  if (policy !== undefined) {
    const wanted = policy === 'inherit' ? null : policy;
    if (wanted !== null && wanted !== 'show' && wanted !== 'heal')
      throw usageError(`'${policy}' is no policy.`, 'Write show, heal or inherit.');
    const changed = await read(api.PUT(`${APP_ENVIRONMENT}/drift/policy`, { params, body: { policy: wanted } }));
    out.note(`What is changed by hand is ${changed.policy === 'heal' ? 'put back' : 'shown'} from now on.`);
    return;
  }
  if (accept !== undefined)
    await read(api.POST(`${APP_ENVIRONMENT}/drift/accept`, { params, body: { reason: accept } }));
  const asked = heal
    ? await read(api.POST(`${APP_ENVIRONMENT}/drift/heal`, { params }))
    : await read(api.POST(`${APP_ENVIRONMENT}/drift/look`, { params }));
  const found = await lookedAfter(asked);
  out.list(
    found.items,
    [
      { header: 'OBJECT', value: ({ kind, name }) => `${kind}/${name}` },
      { header: 'FIELD', value: ({ path: field }) => field || '(the object)' },
      { header: 'CHANGE', value: ({ change }) => change },
      { header: 'WANTED', value: (item) => (item.isHidden ? '(hidden)' : toText(item.wanted)) },
      { header: 'FOUND', value: (item) => (item.isHidden ? '(hidden)' : toText(item.found)) },
      { header: 'SINCE', value: ({ since }) => formatAge(since, cli.io.now()) },
      { header: 'ACCEPTED', value: ({ accepted }) => accepted && `${accepted.by}: ${accepted.reason}` },
    ],
    found.state === 'rolling-out' ? 'A rollout is at work: nothing is compared.' : 'Nothing was changed by hand.',
  );

  /** The worker has looked, or has had half a minute for it. */
  async function lookedAfter(before: Drift): Promise<Drift> {
    const deadline = Date.now() + patienceMilliseconds;
    for (;;) {
      const now = await read(api.GET(`${APP_ENVIRONMENT}/drift`, { params }));
      if (now.lookedAt !== before.lookedAt) return now;
      if (Date.now() > deadline)
        throw new CliError('drift-not-looked-at', 'Nobody has looked yet.', {
          exit: 'failed',
          remedy: 'Is something released here, and is the cluster there? Then try again.',
        });
      await delay(pollMilliseconds, undefined, { signal: cli.io.signal });
    }
  }
}

function toText(value: unknown): string {
  const text = typeof value === 'string' ? value : JSON.stringify(value ?? null);
  return text.length > 60 ? `${text.slice(0, 59)}…` : text;
}
