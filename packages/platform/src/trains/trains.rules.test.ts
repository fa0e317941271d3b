import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  type Car,
  decideTrain,
  isLaneUp,
  isOver,
  type Rollouts,
  refuseOrder,
  type SeenRollout,
  type Train,
  type TrainCommand,
  type TrainEvent,
} from './trains.rules.js';

const t0 = new Date('2026-01-01T00:00:00Z');
const car = (application: string, ...after: string[]): Car => {
  return { application, after, state: 'pending', message: null, canRevert: true, retryAt: null };
};
const train = (cars: readonly Car[], more: Partial<Train> = {}): Train => ({
  state: 'progressing',
  gate: 'healthy',
  onFailure: 'stop',
  hasLane: false,
  isLaneOver: false,
  held: false,
  stopping: null,
  reverting: false,
  reason: null,
  cars,
  ...more,
});
const seen = (state: SeenRollout['state'], more: Partial<SeenRollout> = {}): SeenRollout => {
  return { state, isInLane: false, waits: state === 'paused', message: state, ...more };
};
const lane = seen('paused', { isInLane: true });

/** Plays looks and commands; a line for each: the state, the cars, what is done. */
function play(first: Train, ...events: readonly (Rollouts | [TrainCommand, Rollouts])[]) {
  let now: Train = first;
  const lines = events.map((event) => {
    const told: TrainEvent = Array.isArray(event)
      ? { type: 'command', command: event[0], by: 'dora', rollouts: event[1] }
      : { type: 'looked', rollouts: event as Rollouts };
    const { train: next, actions } = decideTrain(now, told, t0);
    now = next;
    const cars = next.cars.map(({ application, state }) => `${application} ${state}`).join(', ');
    return `${next.state}: ${cars} → ${actions.map((action) => `${action.do} ${action.car}`).join(', ') || 'nothing'}`;
  });
  return { train: now, lines };
}

const line = [car('catalog'), car('web', 'catalog')];

describe('a train', () => {
  it('begins a car when those before it are healthy', () => {
    const { lines } = play(
      train(line),
      {},
      { catalog: seen('progressing') },
      { catalog: seen('healthy') },
      { catalog: seen('healthy'), web: seen('healthy') },
    );
    expect(lines).toEqual([
      'progressing: catalog progressing, web pending → start catalog',
      'progressing: catalog progressing, web pending → nothing',
      'progressing: catalog healthy, web progressing → start web',
      'healthy: catalog healthy, web healthy → nothing',
    ]);
  });

  it('begins all that depend on nothing at once', () => {
    expect(
      play(train([car('a'), car('b'), car('c', 'a', 'b')]), {}, { a: seen('healthy'), b: seen('paused') }).lines,
    ).toEqual([
      'progressing: a progressing, b progressing, c pending → start a, start b',
      'paused: a healthy, b paused, c pending → nothing',
    ]);
  });

  it('with the gate at a pause, has the next begin there; a promotion has them go on in their order', () => {
    const both = { catalog: seen('paused'), web: seen('paused') };
    const { lines } = play(
      train(line, { gate: 'paused' }),
      {},
      { catalog: seen('paused') },
      both,
      ['promote', both],
      ['promote', { catalog: seen('healthy'), web: seen('paused') }],
    );
    expect(lines).toEqual([
      'progressing: catalog progressing, web pending → start catalog',
      'progressing: catalog paused, web progressing → start web',
      'paused: catalog paused, web paused → nothing',
      'progressing: catalog progressing, web paused → promote catalog',
      'progressing: catalog healthy, web progressing → promote web',
    ]);
  });

  it('that is held begins nothing until it is resumed', () => {
    const { lines } = play(train(line), {}, ['pause', {}], { catalog: seen('healthy') }, [
      'resume',
      { catalog: seen('healthy') },
    ]);
    expect(lines.slice(1)).toEqual([
      'paused: catalog progressing, web pending → nothing',
      'paused: catalog healthy, web pending → nothing',
      'progressing: catalog healthy, web progressing → start web',
    ]);
  });

  it('stops where a car fails, and lets stand what was released', () => {
    const { train: end, lines } = play(
      train([...line, car('mail')]),
      {},
      {
        catalog: seen('failed', { message: 'It crashes.' }),
        mail: seen('progressing'),
      },
      { catalog: seen('failed'), mail: seen('healthy') },
    );
    expect(lines.slice(1)).toEqual([
      'progressing: catalog failed, web skipped, mail progressing → nothing',
      'failed: catalog failed, web skipped, mail healthy → nothing',
    ]);
    expect(end.reason).toBe('catalog: It crashes.');
  });

  it('sends back what was released, the last first, where that is wanted', () => {
    const three = [...line, car('shop', 'web')];
    const failed = { catalog: seen('healthy'), web: seen('healthy'), shop: seen('failed') };
    const { lines } = play(
      train(three, { onFailure: 'revert' }),
      {},
      { catalog: seen('healthy') },
      { catalog: seen('healthy'), web: seen('healthy') },
      failed,
      { ...failed, web: seen('progressing') },
      failed,
      failed,
    );
    expect(lines.slice(3)).toEqual([
      'progressing: catalog healthy, web reverting, shop failed → revert web',
      'progressing: catalog healthy, web reverting, shop failed → nothing',
      'progressing: catalog reverting, web reverted, shop failed → revert catalog',
      'failed: catalog reverted, web reverted, shop failed → nothing',
    ]);
  });

  it('that is aborted aborts what goes on, and says by whom', () => {
    const { train: end, lines } = play(
      train(line),
      {},
      ['abort', { catalog: seen('progressing') }],
      { catalog: seen('aborted') },
      ['promote', { catalog: seen('aborted') }],
    );
    expect(lines.slice(1)).toEqual([
      'progressing: catalog progressing, web skipped → abort catalog',
      'aborted: catalog aborted, web skipped → nothing',
      'aborted: catalog aborted, web skipped → nothing',
    ]);
    expect(end.reason).toBe('Aborted by dora.');
  });

  it('brings all candidates into the lane first, and then has them go on in their order', () => {
    const up = { catalog: lane, web: lane };
    const { lines } = play(
      train(line, { hasLane: true }),
      {},
      { catalog: lane, web: seen('progressing') },
      up,
      ['promote', up],
      { catalog: seen('progressing'), web: lane },
      { catalog: seen('healthy'), web: lane },
    );
    expect(lines).toEqual([
      'progressing: catalog progressing, web progressing → start catalog, start web',
      'progressing: catalog lane, web progressing → nothing',
      'paused: catalog lane, web lane → nothing',
      'progressing: catalog progressing, web lane → promote catalog',
      'progressing: catalog progressing, web lane → nothing',
      'progressing: catalog healthy, web progressing → promote web',
    ]);
  });

  it('takes a candidate out of the lane when another one fails', () => {
    const { lines } = play(train(line, { hasLane: true }), {}, { catalog: seen('failed'), web: lane });
    expect(lines[1]).toBe('progressing: catalog failed, web lane → abort web');
  });

  it('tries again what a freeze refuses, and fails by what is refused for good', () => {
    const first = train(line);
    const retryAt = new Date(t0.getTime() + 5_000).toISOString();
    const frozen = decideTrain(
      first,
      { type: 'refused', car: 'catalog', message: 'Freeze weekends', retryAt, rollouts: {} },
      t0,
    ).train;
    expect(frozen.cars[0]).toMatchObject({ state: 'pending', message: 'Freeze weekends' });
    expect(decideTrain(frozen, { type: 'looked', rollouts: {} }, t0).actions).toEqual([]);
    const later = new Date(t0.getTime() + 5_000);
    expect(decideTrain(frozen, { type: 'looked', rollouts: {} }, later).actions).toEqual([
      { do: 'start', car: 'catalog' },
    ]);
    const refused = decideTrain(
      first,
      { type: 'refused', car: 'catalog', message: 'No room.', retryAt: null, rollouts: {} },
      t0,
    ).train;
    expect(decideTrain(refused, { type: 'looked', rollouts: {} }, t0).train).toMatchObject({
      state: 'failed',
      reason: 'catalog: No room.',
    });
  });
});

it.each<[string, readonly { application: string; after: string[] }[], string[]]>([
  ['an order', line.map(({ application, after }) => ({ application, after: [...after] })), []],
  [
    'a double',
    [
      { application: 'a', after: [] },
      { application: 'a', after: [] },
    ],
    ['cars.1.application'],
  ],
  ['a car after itself', [{ application: 'a', after: ['a'] }], ['cars.0.after.0']],
  ['a car after a stranger', [{ application: 'a', after: ['x'] }], ['cars.0.after.0']],
  [
    'a car after one twice',
    [
      { application: 'a', after: [] },
      { application: 'b', after: ['a', 'a'] },
    ],
    ['cars.1.after.1'],
  ],
  [
    'a circle of three',
    [
      { application: 'z', after: ['a'] },
      { application: 'a', after: ['c'] },
      { application: 'b', after: ['a'] },
      { application: 'c', after: ['b'] },
    ],
    ['cars.1.after'],
  ],
])('refuses %s by the path of the field', (_, cars, paths) => {
  expect(refuseOrder(cars).map(({ path }) => path)).toEqual(paths);
});

/** Any train without circles, in any world: what rollouts do, and when somebody asks for what. */
const anyTrain = fc
  .record({
    edges: fc.array(fc.array(fc.boolean(), { minLength: 5, maxLength: 5 }), { minLength: 1, maxLength: 5 }),
    gate: fc.constantFrom<Train['gate']>('healthy', 'paused'),
    onFailure: fc.constantFrom<Train['onFailure']>('stop', 'revert'),
    hasLane: fc.boolean(),
  })
  .map(({ edges, ...more }) => {
    const names = edges.map((_, index) => `car-${index}`);
    return train(
      names.map((name, index) => car(name, ...names.slice(0, index).filter((_, at) => edges[index]?.[at]))),
      more,
    );
  });
const anyWorld = fc.array(
  fc.record({
    car: fc.nat(4),
    become: fc.constantFrom<SeenRollout['state']>('progressing', 'paused', 'healthy', 'healthy', 'failed', 'aborted'),
    ask: fc.option(fc.constantFrom<TrainCommand>('promote', 'pause', 'resume', 'abort'), { freq: 8 }),
  }),
  { minLength: 20, maxLength: 60 },
);

describe('whatever its rollouts do', () => {
  it('each car begins once, after those before it; goes back once, before them; and nothing goes on when it is over', () => {
    fc.assert(
      fc.property(anyTrain, anyWorld, (first, world) => {
        let now = first;
        const rollouts: Record<string, SeenRollout> = {};
        const done: string[] = [];
        const isFinal = (name: string) => ['healthy', 'failed', 'aborted'].includes(rollouts[name]?.state ?? '');
        const look = (ask: TrainCommand | null) => {
          const event: TrainEvent = ask
            ? { type: 'command', command: ask, by: 'dora', rollouts }
            : { type: 'looked', rollouts: { ...rollouts } };
          const wasUp = isLaneUp(now);
          const { train: next, actions } = decideTrain(now, event, t0);
          for (const { do: what, car: name } of actions) {
            const mine = next.cars.find(({ application }) => application === name);
            const before = next.cars.filter(({ application }) => mine?.after.includes(application));
            const behind = next.cars.filter(({ after }) => after.includes(name));
            if (what === 'start' || what === 'revert') {
              expect(done).not.toContain(`${what} ${name}`);
              done.push(`${what} ${name}`);
            }
            const isReleasing = what === 'promote' || (what === 'start' && !next.hasLane);
            const enough = next.gate === 'paused' ? ['healthy', 'paused', 'progressing'] : ['healthy'];
            if (isReleasing) for (const { state } of before) expect(enough).toContain(state);
            if (isReleasing && next.hasLane) expect(wasUp || next.isLaneOver).toBe(true);
            if (what === 'revert') {
              for (const { state } of behind) expect(['failed', 'aborted', 'skipped', 'reverted']).toContain(state);
            }
            if (what === 'start') rollouts[name] = seen('progressing', { isInLane: false });
            if (what === 'revert') rollouts[name] = seen('progressing');
            if (what === 'promote') rollouts[name] = seen('progressing');
            if (what === 'abort' && !isFinal(name)) rollouts[name] = seen('aborted');
          }
          now = next;
        };
        for (const { car: at, become, ask } of world) {
          const name = now.cars[at]?.application;
          if (name !== undefined && rollouts[name] && !isFinal(name)) {
            const isFirstPause = now.hasLane && !now.isLaneOver;
            // In a lane a candidate does not get users by itself.
            if (!isFirstPause) rollouts[name] = seen(become);
            else rollouts[name] = become === 'failed' || become === 'aborted' ? seen(become) : lane;
          }
          look(ask ?? null);
        }
        // Then all rollouts end well, and somebody promotes.
        for (let round = 0; round < 40 && !isOver(now); round += 1) {
          for (const name of Object.keys(rollouts))
            if (!isFinal(name)) rollouts[name] = now.hasLane && !now.isLaneOver ? lane : seen('healthy');
          look(round % 2 === 0 ? 'promote' : null);
        }
        expect(isOver(now)).toBe(true);
        for (const { state } of now.cars)
          expect(['progressing', 'paused', 'lane', 'pending', 'reverting']).not.toContain(state);
        expect(now.state === 'healthy').toBe(
          now.cars.every(({ state }) => state === 'healthy') && now.stopping === null,
        );
      }),
      { numRuns: 400 },
    );
  });
});
