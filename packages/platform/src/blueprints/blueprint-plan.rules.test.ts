import { describe, expect, it } from 'vitest';
import {
  choose,
  deleting,
  type Givens,
  givensOf,
  type PlannedChange,
  planBlueprint,
  readGroupName,
} from './blueprint-plan.rules.js';
import { blueprintContent } from './blueprints.dto.js';

/** What a content gives; only the project's own parts need to be named. */
const givens = (content: object = {}): Givens => {
  const environments = [{ name: 'production', kind: 'production' }];
  return givensOf(blueprintContent.parse({ environments, ...content }), (limits) =>
    Object.fromEntries(Object.entries(limits).map(([name, amount]) => [name, String(amount)])),
  );
};
const noSecrets: ReadonlySet<string> = new Set();
const environments = (...names: readonly string[]) => ({
  environments: ['production', ...names].map((name) => ({ name, kind: name === 'dev' ? 'development' : 'production' })),
});
/** `add config.A null→1`, with what is special about it. */
const line = ({ change, path, from, to, isOwn, blocked }: PlannedChange): string =>
  [`${change} ${path} ${from}→${to}`, ...(isOwn ? ['own'] : []), ...(blocked ? [blocked] : [])].join(' ');

describe('the plan', () => {
  it.each<[string, Givens, Givens, Givens, string[]]>([
    ['nothing changed', givens(), givens(), givens(), []],
    ['a variable is new', givens(), givens({ config: { A: '1' } }), givens(), ['add config.A null→1']],
    ['the project has it already', givens(), givens({ config: { A: '1' } }), givens({ config: { A: '1' } }), []],
    [
      'the project has another',
      givens(),
      givens({ config: { A: '1' } }),
      givens({ config: { A: '2' } }),
      ['change config.A 2→1 own'],
    ],
    [
      'it changed, and the project has it as given',
      givens({ limits: { pods: 5 } }),
      givens({ limits: { pods: 9 } }),
      givens({ limits: { pods: 5 } }),
      ['change limits.pods 5→9'],
    ],
    [
      'it changed, and the project changed it itself',
      givens({ limits: { pods: 5 } }),
      givens({ limits: { pods: 9 } }),
      givens({ limits: { pods: 7 } }),
      ['change limits.pods 7→9 own'],
    ],
    [
      'it changed, and the project took it away',
      givens({ limits: { pods: 5 } }),
      givens({ limits: { pods: 9 } }),
      givens(),
      ['add limits.pods null→9 own'],
    ],
    [
      'it is no more',
      givens({ config: { A: '1' } }),
      givens(),
      givens({ config: { A: '1' } }),
      ['remove config.A 1→null'],
    ],
    ['it is no more, in the project neither', givens({ config: { A: '1' } }), givens(), givens(), []],
    [
      'the project changed what both say alike',
      givens({ config: { A: '1' } }),
      givens({ config: { A: '1' } }),
      givens({ config: { A: '2' } }),
      [],
    ],
    [
      'the mode is new',
      givens(),
      givens({ network: { mode: 'namespace' } }),
      givens(),
      ['add network.mode null→namespace'],
    ],
    [
      'a group gets another role',
      givens({ groups: [{ group: 'web', role: 'viewer' }] }),
      givens({ groups: [{ group: 'web', role: 'developer' }] }),
      givens({ groups: [{ group: 'web', role: 'viewer' }] }),
      ['add groups.web:developer null→developer', 'remove groups.web:viewer viewer→null'],
    ],
    [
      'an environment comes with what is in it',
      givens(),
      givens({
        environments: [
          { name: 'production', kind: 'production' },
          { name: 'dev', kind: 'development', config: { A: '1' } },
        ],
      }),
      givens(),
      ['add environments.dev null→development', 'add environments.dev.config.A null→1'],
    ],
    [
      'an environment is no more: what is in it goes with it',
      givens({
        environments: [
          { name: 'production', kind: 'production' },
          { name: 'dev', kind: 'development', config: { A: '1' } },
        ],
      }),
      givens(),
      givens({
        environments: [
          { name: 'production', kind: 'production' },
          { name: 'dev', kind: 'development', config: { A: '1' } },
        ],
      }),
      ['remove environments.dev development→null'],
    ],
    [
      'production is no more',
      givens(environments()),
      givens({ environments: [{ name: 'live', kind: 'production' }] }),
      givens(environments()),
      ['add environments.live null→production', 'remove environments.production production→null production-stays'],
    ],
    [
      'the kind changed',
      givens({ environments: [{ name: 'test', kind: 'staging' }] }),
      givens({ environments: [{ name: 'test', kind: 'development' }] }),
      givens({ environments: [{ name: 'test', kind: 'staging' }] }),
      ['change environments.test staging→development kind-is-fixed'],
    ],
    [
      'the environment that it is for was taken away',
      givens(environments('dev')),
      givens({
        environments: [
          { name: 'production', kind: 'production' },
          { name: 'dev', kind: 'development', limits: { pods: 3 } },
        ],
      }),
      givens(environments()),
      ['add environments.dev.limits.pods null→3 environment-missing'],
    ],
  ])('where %s', (_, base, target, actual, expected) => {
    expect(planBlueprint(base, target, { givens: actual, secrets: noSecrets }).map(line)).toEqual(expected);
  });

  it('leaves a name alone that is a secret in the project', () => {
    const state = { givens: givens(), secrets: new Set(['config.A']) };
    expect(planBlueprint(givens(), givens({ config: { A: '1' } }), state).map(line)).toEqual([
      'add config.A null→1 is-a-secret',
    ]);
  });

  it('waits for an environment that is being deleted', () => {
    const dev = { part: 'environments', environment: null, name: 'dev', value: deleting } as const;
    const state = { givens: new Map([...givens(), ['environments.dev', dev]]), secrets: noSecrets };
    expect(planBlueprint(givens(), givens(environments('dev')), state).map(line)).toEqual([
      'change environments.dev deleting→development own environment-being-deleted',
    ]);
  });

  it('takes all for new where nobody knows what the project was made from, and removes nothing', () => {
    const state = { givens: givens({ config: { A: '2', B: '3' } }), secrets: noSecrets };
    expect(planBlueprint(new Map(), givens({ config: { A: '1' } }), state).map(line)).toEqual([
      'change config.A 2→1 own',
    ]);
  });

  it('of an applied plan is empty', () => {
    const target = givens({ config: { A: '1' }, limits: { pods: 3 }, network: { mode: 'project' } });
    expect(planBlueprint(givens(), target, { givens: target, secrets: noSecrets })).toEqual([]);
    expect(planBlueprint(target, target, { givens: givens(), secrets: noSecrets })).toEqual([]);
  });
});

describe('what is applied of a plan', () => {
  const base = givens({ config: { GONE: 'x', OWN: '1' } });
  const target = givens({ config: { OWN: '2', NEW: 'n' } });
  const plan = planBlueprint(base, target, {
    givens: givens({ config: { GONE: 'x', OWN: 'mine' } }),
    secrets: noSecrets,
  });

  it.each([
    [[], [], ['config.NEW']],
    [['config.GONE'], [], ['config.GONE', 'config.NEW']],
    [[], ['config.OWN'], ['config.NEW', 'config.OWN']],
  ])('removing %j and overwriting %j is %j', (remove, overwrite, expected) => {
    const { applied, kept, wrong } = choose(plan, { remove, overwrite });
    expect(applied.map(({ path }) => path).sort()).toEqual(expected);
    expect(applied.length + kept.length).toBe(plan.length);
    expect(wrong).toEqual([]);
  });

  it.each([
    [{ remove: ['config.NEW'], overwrite: [] }, 'remove.0'],
    [{ remove: ['config.GONE', 'config.OWN'], overwrite: [] }, 'remove.1'],
    [{ remove: [], overwrite: ['config.GONE'] }, 'overwrite.0'],
    [{ remove: [], overwrite: ['nothing'] }, 'overwrite.0'],
  ])('is refused for %j at %s', (choice, field) => {
    expect(choose(plan, choice).wrong.map((one) => one.field)).toEqual([field]);
  });

  it('is never what is blocked, and nothing in an environment that does not come back', () => {
    const dev = { name: 'dev', kind: 'development' };
    const production = { name: 'production', kind: 'production' };
    const was = givens({ environments: [production, { ...dev, kind: 'staging' }] });
    const will = givens({ environments: [production, { ...dev, config: { A: '1' } }] });
    const changes = planBlueprint(was, will, { givens: givens(), secrets: noSecrets });
    expect(changes.map(line)).toEqual([
      'add environments.dev null→development own',
      'add environments.dev.config.A null→1',
    ]);
    expect(choose(changes, { remove: [], overwrite: [] }).applied).toEqual([]);
    expect(choose(changes, { remove: [], overwrite: ['environments.dev'] }).applied).toHaveLength(2);
  });
});

it('reads a group and its role back, whatever the group is called', () => {
  expect(readGroupName('cn=web:team.a:viewer')).toEqual({ group: 'cn=web:team.a', role: 'viewer' });
});
