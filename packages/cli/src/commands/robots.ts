import type { Command } from 'commander';
import { PROJECT, read, readAll, TENANT } from '../api.js';
import { usageError } from '../errors.js';
import { formatAge } from '../format.js';
import { withExamples } from '../help.js';
import { parseCount } from '../parse.js';
import { confirm } from '../prompt.js';
import { type Cli, type CommonOptions, type Session, withScope } from '../session.js';
import type { Robot } from '../types.js';

interface RobotOptions extends CommonOptions {
  readonly ofTenant?: boolean;
  readonly scope?: string[];
  readonly range?: string[];
  readonly description?: string;
  readonly expiresInDays?: number;
  readonly overlap?: number;
  readonly managed?: boolean;
  readonly yes?: boolean;
}

/** Robots of a project, or with `--of-tenant` of the whole tenant. */
export function registerRobots(program: Command, cli: Cli): void {
  const robots = program
    .command('robots')
    .alias('robot')
    .description("Machines' accounts, for CI systems and clusters.");
  const add = (name: string, description: string) =>
    withScope(robots.command(name).description(description), 'project').option(
      '--of-tenant',
      'a robot of the whole tenant instead of a project',
    );

  add('list', 'List the robots.')
    .alias('ls')
    .option('--managed', 'with those that the platform made for itself')
    .action(async (options: RobotOptions) => {
      const session = await cli.open(options);
      const now = cli.io.now();
      const place = await placeOf(session, options);
      const managed = options.managed ? 'true' : 'false';
      const rows = await readAll((page) => {
        const query = { ...page, managed } as const;
        return place.project === undefined
          ? session.api.GET(`${TENANT}/robots`, { params: { path: place, query } })
          : session.api.GET(`${PROJECT}/robots`, { params: { path: place, query } });
      });
      session.out.list(rows, [
        { header: 'USERNAME', value: (robot) => robot.username },
        { header: 'SCOPES', value: (robot) => robot.scopes.join(' ') },
        { header: 'USED', value: (robot) => (robot.lastUsedAt ? formatAge(robot.lastUsedAt, now) : 'never') },
        { header: 'FROM', value: (robot) => robot.lastUsedFrom },
        { header: 'EXPIRES', value: (robot) => robot.expiresAt?.slice(0, 10) },
        { header: 'DISABLED', value: (robot) => robot.disabledAt?.slice(0, 10) },
      ]);
    });

  const create = add('create', 'Create a robot and print its token; it is shown this once.')
    .argument('<name>')
    .requiredOption('--scope <permission...>', 'what it may do, for example repositories:write')
    .option('--description <text>')
    .option('--range <cidr...>', 'the only addresses that it may come from')
    .option('--expires-in-days <days>', 'its life; without it, the longest that the platform allows', parseCount)
    .action(async (name: string, options: RobotOptions) => {
      const session = await cli.open(options);
      const place = await placeOf(session, options);
      const { scope: scopes = [], range: ranges, description, expiresInDays } = options;
      const body = { name, scopes, ranges, description, expiresInDays };
      const robot = await read(
        place.project === undefined
          ? session.api.POST(`${TENANT}/robots`, { params: { path: place }, body })
          : session.api.POST(`${PROJECT}/robots`, { params: { path: place }, body }),
      );
      session.out.note(`${robot.username} is made. Keep its token now: it cannot be shown again.`);
      session.out.text(robot, (made) => made.token);
    });
  withExamples(create, 'slipway robots create ci --scope sources:write repositories:write --range 192.0.2.0/24');

  add('rotate', 'Give a robot a new token and print it.')
    .argument('<name>')
    .option('--overlap <seconds>', 'how long the old token stays good', parseCount, 0)
    .option('--expires-in-days <days>', 'its new life; without it, as long as it was made for', parseCount)
    .action(async (robot: string, options: RobotOptions) => {
      const session = await cli.open(options);
      const place = await placeOf(session, options);
      const body = { overlapSeconds: options.overlap, expiresInDays: options.expiresInDays };
      const answer = await read(
        place.project === undefined
          ? session.api.POST(`${TENANT}/robots/{robot}/rotate`, { params: { path: { ...place, robot } }, body })
          : session.api.POST(`${PROJECT}/robots/{robot}/rotate`, { params: { path: { ...place, robot } }, body }),
      );
      session.out.note('Keep it now: it cannot be shown again.');
      session.out.text(answer, (made) => made.token);
    });

  add('update', "Change a robot's scopes, ranges or description.")
    .argument('<name>')
    .option('--scope <permission...>', 'what it may do from now on')
    .option('--range <cidr...>', 'the only addresses that it may come from; "none" for anywhere')
    .option('--description <text>')
    .action(async (robot: string, options: RobotOptions) => {
      const ranges = options.range?.filter((range) => range !== 'none');
      const body = { scopes: options.scope, ranges, description: options.description };
      if (Object.values(body).every((value) => value === undefined)) throw usageError('Nothing to change was named.');
      await change(cli, options, robot, body);
    });

  add('disable', "Refuse a robot's token from now on.")
    .argument('<name>')
    .action((robot: string, options: RobotOptions) => change(cli, options, robot, { isDisabled: true }));
  add('enable', "Take a robot's token again.")
    .argument('<name>')
    .action((robot: string, options: RobotOptions) => change(cli, options, robot, { isDisabled: false }));

  add('delete', 'Delete a robot.')
    .alias('rm')
    .argument('<name>')
    .option('-y, --yes', 'do not ask')
    .action(async (robot: string, options: RobotOptions) => {
      const session = await cli.open(options);
      const place = await placeOf(session, options);
      if (!(await confirm(cli.io, `Delete robot '${robot}'?`, options.yes))) return;
      if (place.project === undefined)
        await session.api.DELETE(`${TENANT}/robots/{robot}`, { params: { path: { ...place, robot } } });
      else await session.api.DELETE(`${PROJECT}/robots/{robot}`, { params: { path: { ...place, robot } } });
      session.out.note(`Robot '${robot}' is deleted.`);
    });
}

type Place = { tenant: string; project: string } | { tenant: string; project?: undefined };

async function placeOf(session: Session, options: RobotOptions): Promise<Place> {
  return options.ofTenant ? session.tenant() : session.project();
}

async function change(
  cli: Cli,
  options: RobotOptions,
  robot: string,
  body: { scopes?: string[]; ranges?: string[]; description?: string; isDisabled?: boolean },
): Promise<void> {
  const session = await cli.open(options);
  const place = await placeOf(session, options);
  const answer = await read(
    place.project === undefined
      ? session.api.PATCH(`${TENANT}/robots/{robot}`, { params: { path: { ...place, robot } }, body })
      : session.api.PATCH(`${PROJECT}/robots/{robot}`, { params: { path: { ...place, robot } }, body }),
  );
  session.out.object(answer, toFields);
}

function toFields(robot: Robot) {
  return [
    ['username', robot.username],
    ['scopes', robot.scopes.join(' ')],
    ['ranges', robot.ranges.join(' ')],
    ['expires', robot.expiresAt],
    ['disabled', robot.disabledAt],
  ] as const;
}
