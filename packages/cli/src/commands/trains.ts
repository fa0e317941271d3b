import { readFile } from 'node:fs/promises';
import { resolve } from 'node:path';
import type { Schemas } from '@slipway/sdk';
import type { Command } from 'commander';
import { parse } from 'yaml';
import { PROJECT, read, readAll } from '../api.js';
import { isRecord } from '../config.js';
import { usageError } from '../errors.js';
import { followTrain } from '../follow.js';
import { formatAge } from '../format.js';
import { withExamples } from '../help.js';
import { parseCount } from '../parse.js';
import { type Cli, type CommonOptions, withScope } from '../session.js';
import type { Train } from '../types.js';

interface CreateOptions extends CommonOptions {
  readonly file: string;
  readonly name?: string;
  readonly override?: string;
  readonly wait: boolean;
}

export function registerTrains(program: Command, cli: Cli): void {
  const trains = program
    .command('trains')
    .alias('train')
    .description('Release several applications together, in the order of their dependencies.');

  const list = trains
    .command('list', { isDefault: true })
    .alias('ls')
    .description('List the trains of a project, newest first.')
    .option('--limit <number>', 'at most so many', parseCount, 20);
  withScope(list, 'project').action(async (options: CommonOptions & { limit: number }) => {
    const { api, out, project } = await cli.open(options);
    const path = await project();
    out.list(await readAll((query) => api.GET(`${PROJECT}/trains`, { params: { path, query } }), options.limit), [
      { header: 'NAME', value: (train) => train.name },
      { header: 'ENVIRONMENT', value: (train) => train.environment },
      { header: 'STATE', value: (train) => train.state },
      { header: 'CARS', value: ({ cars }) => cars.map(({ application }) => application).join(', ') },
      { header: 'AGE', value: (train) => formatAge(train.createdAt, cli.io.now()) },
    ]);
  });

  const create = trains
    .command('create')
    .description('Send a train off, and follow it to its end or to where it waits for somebody.')
    .requiredOption('-f, --file <file>', 'YAML or JSON: name, environment, cars, gate, onFailure, lane')
    .option('--name <name>', "not the file's name but this")
    .option('--override <reason>', 'in spite of freezes')
    .option('--no-wait', 'return when the train has begun');
  withScope(create, 'project').action(async (options: CreateOptions) => {
    const { api, out, project } = await cli.open(options);
    const path = await project();
    const { name, override: overrideFreeze } = options;
    const body = await readTrain(resolve(cli.io.cwd, options.file), { name, overrideFreeze });
    const created = await read(api.POST(`${PROJECT}/trains`, { params: { path }, body }));
    const train = { ...path, train: created.name };
    out.object(options.wait ? await followTrain(api, cli.io, train, true) : created, toFields);
  });
  withExamples(create, 'slipway trains create -f spring.yaml', 'slipway trains create -f spring.yaml --name spring-2');

  const get = trains.command('get').description('Show a train and its cars.').argument('<train>');
  withScope(get, 'project').action(async (train: string, options: CommonOptions) => {
    const { api, out, project } = await cli.open(options);
    const path = { ...(await project()), train };
    out.object(await read(api.GET(`${PROJECT}/trains/{train}`, { params: { path } })), toFields);
  });

  const status = trains
    .command('status')
    .description('Show a train, or follow it to its end.')
    .argument('<train>')
    .option('-w, --watch', 'follow it to its end');
  withScope(status, 'project').action(async (train: string, options: CommonOptions & { watch?: boolean }) => {
    const { api, out, project } = await cli.open(options);
    const path = { ...(await project()), train };
    const found = options.watch
      ? await followTrain(api, cli.io, path, false)
      : await read(api.GET(`${PROJECT}/trains/{train}`, { params: { path } }));
    out.object(found, toFields);
  });

  const act = (name: 'promote' | 'pause' | 'resume' | 'abort', description: string, said: string) => {
    withScope(trains.command(name).description(description).argument('<train>'), 'project').action(
      async (train: string, options: CommonOptions) => {
        const { api, out, project } = await cli.open(options);
        const path = { ...(await project()), train };
        await read(api.POST(`${PROJECT}/trains/{train}/${name}`, { params: { path } }));
        out.note(`Train ${train} ${said}.`);
      },
    );
  };
  act('promote', 'Have the cars go on from the lane, or the first of those that wait.', 'goes on');
  act('pause', 'Hold a train: no further car begins.', 'is held');
  act('resume', 'Let a held train go on.', 'goes on');
  act('abort', 'Stop a train; what was released stays or goes back, as its onFailure says.', 'is being aborted');
}

/** The server says what is wrong with the fields. */
async function readTrain(
  file: string,
  options: Partial<Pick<Schemas['CreateTrain'], 'name' | 'overrideFreeze'>>,
): Promise<Schemas['CreateTrain']> {
  const value: unknown = parse(await readFile(file, 'utf8'));
  if (!isRecord(value)) throw usageError(`${file} holds no train.`, 'Write name, environment and cars into it.');
  const said = Object.fromEntries(Object.entries(options).filter(([, option]) => option !== undefined));
  return { ...value, ...said } as unknown as Schemas['CreateTrain'];
}

const toFields = (train: Train) =>
  [
    ['train', train.name],
    ['environment', train.environment],
    ['state', train.held ? `${train.state} (held)` : train.state],
    ['reason', train.reason ?? undefined],
    ['in spite of a freeze', train.freezeOverride ?? undefined],
    ['lane', train.lane ? `${train.lane.header}: ${train.lane.value}${train.lane.isUp ? ' (up)' : ''}` : undefined],
    ...train.cars.map(
      ({ application, release, after, state, message }) =>
        [
          application,
          [`release ${release}`, state, after.length > 0 ? `after ${after.join(', ')}` : undefined, message]
            .filter(Boolean)
            .join('  '),
        ] as const,
    ),
  ] as const;
