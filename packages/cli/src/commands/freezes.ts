import { type Command, Option } from 'commander';
import { APP_ENVIRONMENT, read, readAll, TENANT } from '../api.js';
import { withExamples } from '../help.js';
import { parseDuration } from '../parse.js';
import { type Cli, type CommonOptions, withScope } from '../session.js';
import type { Freeze } from '../types.js';

const environmentKinds = ['production', 'staging', 'development'] as const;

interface FreezeOptions extends CommonOptions {
  readonly platform?: boolean;
}

interface CreateOptions extends FreezeOptions {
  readonly reason: string;
  readonly cron?: string;
  readonly for?: number;
  readonly timeZone?: string;
  readonly from?: string;
  readonly to?: string;
  readonly projects?: string[];
  readonly environmentKind?: Freeze['environmentKinds'];
  readonly apps?: string[];
  readonly rollbacks: boolean;
}

export function registerFreezes(program: Command, cli: Cli): void {
  const freezes = program
    .command('freezes')
    .alias('freeze')
    .description('When nothing new is rolled out: of a tenant, or with --platform of all.');

  const list = freezes.command('list', { isDefault: true }).alias('ls').description('List the freezes.');
  withScope(ofPlatform(list), 'tenant').action(async (options: FreezeOptions) => {
    const { api, out, tenant } = await cli.open(options);
    const path = options.platform ? undefined : await tenant();
    const found = path
      ? await readAll((query) => api.GET(`${TENANT}/freezes`, { params: { path, query } }))
      : await readAll((query) => api.GET('/api/v1/freezes', { params: { query } }));
    out.list(found, columns);
  });

  const create = ofPlatform(freezes.command('create').description('Create a freeze.').argument('<name>'))
    .requiredOption('--reason <text>', 'why; whoever is refused reads it')
    .option('--cron <schedule>', 'when it begins again and again: minute hour day month weekday')
    .option('--for <duration>', 'with --cron: how long it is each time', parseDuration)
    .option('--time-zone <zone>', 'of the schedule, e.g. Europe/Berlin; default: UTC')
    .option('--from <time>', 'once: when it begins (RFC 3339)')
    .option('--to <time>', 'once: when it ends')
    .option('--projects <names...>', 'only these projects')
    .addOption(new Option('--environment-kind <kinds...>', 'only there').choices(environmentKinds))
    .option('--apps <names...>', 'only applications of these names')
    .option('--no-rollbacks', 'also refuse to put an earlier release back');
  withScope(create, 'tenant').action(async (name: string, options: CreateOptions) => {
    const { api, out, tenant } = await cli.open(options);
    const { projects, apps, ...when } = options;
    const body = {
      name,
      reason: when.reason,
      cron: when.cron,
      durationSeconds: when.for,
      timeZone: when.timeZone,
      startsAt: when.from,
      endsAt: when.to,
      environmentKinds: when.environmentKind,
      allowRollback: when.rollbacks,
    };
    const created = options.platform
      ? await read(api.POST('/api/v1/freezes', { body }))
      : await read(
          api.POST(`${TENANT}/freezes`, {
            params: { path: await tenant() },
            body: { ...body, projects, applications: apps },
          }),
        );
    out.object(created, toFields);
  });
  withExamples(
    create,
    "slipway freezes create weekends --reason 'Nobody is there.' --cron '0 16 * * 5' --for 62h --time-zone Europe/Berlin",
    "slipway freezes create holidays --reason 'Holidays' --from 2026-12-20T00:00:00Z --to 2027-01-03T00:00:00Z",
  );

  const remove = freezes.command('delete').alias('rm').description('Delete a freeze.').argument('<name>');
  withScope(ofPlatform(remove), 'tenant').action(async (freeze: string, options: FreezeOptions) => {
    const { api, out, tenant } = await cli.open(options);
    if (options.platform) await api.DELETE('/api/v1/freezes/{freeze}', { params: { path: { freeze } } });
    else await api.DELETE(`${TENANT}/freezes/{freeze}`, { params: { path: { ...(await tenant()), freeze } } });
    out.note(`The freeze ${freeze} is deleted.`);
  });

  const check = freezes.command('check').description('Whether something new may be rolled out here now.');
  withScope(check, 'environment').action(async (options: CommonOptions) => {
    const { api, out, environment } = await cli.open(options);
    const path = await environment();
    const found = await read(api.GET(`${APP_ENVIRONMENT}/freezes`, { params: { path } }));
    out.object(found, ({ frozen, canOverride, freezes: current, upcoming }) => [
      ['frozen', frozen ? 'yes' : 'no'],
      ...current.map((freeze) => [freeze.name, `until ${freeze.current?.until}: ${freeze.reason}`] as const),
      ['you may override', frozen ? (canOverride ? 'yes' : 'no: --override asks who may') : undefined],
      ...upcoming.map((freeze) => [`next: ${freeze.name}`, freeze.next?.from] as const),
    ]);
  });
}

const ofPlatform = (command: Command): Command => command.option('--platform', "the platform's, for all tenants");

const columns = [
  { header: 'NAME', value: (freeze: Freeze) => freeze.name },
  { header: 'OF', value: (freeze: Freeze) => freeze.tenant ?? 'platform' },
  { header: 'ON', value: (freeze: Freeze) => (freeze.current ? `until ${freeze.current.until}` : 'no') },
  { header: 'NEXT', value: (freeze: Freeze) => freeze.next?.from ?? null },
  { header: 'REASON', value: (freeze: Freeze) => freeze.reason },
];

const toFields = (freeze: Freeze) =>
  [
    ['Name', freeze.name],
    ['Reason', freeze.reason],
    ['On', freeze.current ? `until ${freeze.current.until}` : 'no'],
    ['Next', freeze.next ? `${freeze.next.from} until ${freeze.next.until}` : undefined],
    ['Rollbacks', freeze.allowRollback ? 'allowed' : 'refused'],
  ] as const;
