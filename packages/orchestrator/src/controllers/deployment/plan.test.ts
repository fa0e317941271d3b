import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Deployment, ReplicaSet } from '../../kinds/index.js';
import { toTime } from '../../runtime/index.js';
import { type Action, plan } from './plan.js';
import { availableOf } from './rollout.js';
import { hashLabel, templateHash } from './template.js';

const start = Date.UTC(2026, 0, 1);

function deployment(image: string, spec: Partial<Deployment['spec']> = {}): Deployment {
  return {
    metadata: { name: 'web', namespace: 'shop', uid: 'web-uid', generation: 1 },
    spec: {
      replicas: 3,
      selector: { matchLabels: { app: 'web' } },
      template: { metadata: { name: '', labels: { app: 'web' } }, spec: { containers: [{ name: 'web', image }] } },
      ...spec,
    },
  };
}

/** A cluster of one deployment, in which actions take effect and pods become available as told. */
class World {
  sets: ReplicaSet[] = [];
  now = start;
  constructor(public deployment: Deployment) {}

  plan() {
    return plan({ deployment: this.deployment, replicaSets: this.sets, pods: [] }, this.now);
  }

  apply(action: Action): void {
    switch (action.do) {
      case 'create':
        this.now += 1000;
        this.sets.push({
          ...action.set,
          metadata: { ...action.set.metadata, uid: action.set.metadata.name, creationTimestamp: toTime(this.now) },
          status: { replicas: 0 },
        });
        return;
      case 'scale':
        this.change(action.target.name, (set) => ({
          ...set,
          metadata: { ...set.metadata, annotations: { ...set.metadata.annotations, ...action.annotations } },
          spec: { ...set.spec, replicas: action.to },
        }));
        return;
      case 'annotate':
        this.change(action.target.name, (set) => ({
          ...set,
          metadata: { ...set.metadata, annotations: { ...set.metadata.annotations, ...action.annotations } },
          spec: { ...set.spec, minReadySeconds: action.minReadySeconds },
        }));
        return;
      case 'set-revision': {
        const annotations = { 'deployment.kubernetes.io/revision': String(action.revision) };
        this.deployment = { ...this.deployment, metadata: { ...this.deployment.metadata, annotations } };
        return;
      }
      case 'delete':
        this.sets = this.sets.filter((set) => set.metadata.name !== action.target.name);
        return;
      case 'adopt':
      case 'release':
        return;
    }
  }

  /** The sets report: pods beyond the size are gone, of the others at most `available` are available. */
  report(available: (set: ReplicaSet) => number = (set) => set.spec.replicas ?? 0): void {
    this.sets = this.sets.map((set) => {
      const replicas = set.spec.replicas ?? 0;
      const count = Math.min(replicas, available(set));
      return { ...set, status: { replicas, readyReplicas: count, availableReplicas: count } };
    });
  }

  change(name: string, to: (set: ReplicaSet) => ReplicaSet): void {
    this.sets = this.sets.map((set) => (set.metadata.name === name ? to(set) : set));
  }

  step(): string[] {
    const { actions, status } = this.plan();
    for (const action of actions) this.apply(action);
    this.deployment = { ...this.deployment, status };
    return actions.map((action) => this.describe(action));
  }

  describe(action: Action): string {
    const nameOf = (name: string) => this.images.get(name) ?? name;
    switch (action.do) {
      case 'create':
        return `create ${this.imageOf(action.set)} at ${action.set.spec.replicas}`;
      case 'scale':
        return `scale ${nameOf(action.target.name)} ${action.from}→${action.to}: ${action.why}`;
      case 'set-revision':
        return `revision ${action.revision}`;
      default:
        return `${action.do} ${nameOf(action.target.name)}`;
    }
  }

  get images(): Map<string, string> {
    return new Map(this.sets.map((set) => [set.metadata.name, this.imageOf(set)]));
  }

  imageOf = (set: ReplicaSet): string => set.spec.template?.spec?.containers[0]?.image ?? '';

  settle(): string[] {
    const lines: string[] = [];
    this.report();
    for (let rounds = 0; rounds < 60; rounds += 1) {
      const step = this.step();
      this.report();
      if (step.length === 0) {
        this.step();
        return lines;
      }
      lines.push(...step);
    }
    throw new Error(`does not settle: ${lines.slice(-6).join('; ')}`);
  }

  use(image: string, spec: Partial<Deployment['spec']> = {}): void {
    const { template } = deployment(image).spec;
    this.deployment = { ...this.deployment, spec: { ...this.deployment.spec, template, ...spec } };
  }

  condition(type: string): string | undefined {
    const found = this.deployment.status?.conditions?.find((condition) => condition.type === type);
    return found && `${found.status} ${found.reason}`;
  }
}

describe('a rollout', () => {
  it('starts with one set and is complete when its pods are available', () => {
    const world = new World(deployment('one'));
    expect(world.settle()).toEqual(['create one at 3', 'revision 1']);
    expect(world.condition('Progressing')).toBe('True NewReplicaSetAvailable');
    expect(world.condition('Available')).toBe('True MinimumReplicasAvailable');
  });

  it('keeps the conditions that others have set', () => {
    const world = new World(deployment('one'));
    const theirs = { type: 'example.org/Nice', status: 'True' };
    world.deployment = { ...world.deployment, status: { conditions: [theirs] } };
    world.settle();
    expect(world.deployment.status?.conditions).toContainEqual(theirs);
    expect(world.condition('Available')).toBe('True MinimumReplicasAvailable');
  });

  it('moves a step at a time within surge and unavailability', () => {
    const world = new World(deployment('one'));
    world.settle();
    world.use('two');
    expect(world.settle()).toEqual([
      'create two at 1',
      'revision 2',
      'scale one 3→2: 3 available are enough',
      'scale two 1→2: surge allows 4',
      'scale one 2→1: 3 available are enough',
      'scale two 2→3: surge allows 4',
      'scale one 1→0: 3 available are enough',
    ]);
  });

  it('goes back by taking the old set up again under a new revision', () => {
    const world = new World(deployment('one'));
    world.settle();
    world.use('two');
    world.settle();
    world.use('one');
    const lines = world.settle();
    expect(lines.slice(0, 3)).toEqual(['annotate one', 'revision 3', 'scale one 0→1: surge allows 4']);
    const [one] = world.sets;
    expect(one?.metadata.annotations?.['deployment.kubernetes.io/revision']).toBe('3');
    expect(one?.metadata.annotations?.['deployment.kubernetes.io/revision-history']).toBe('1');
  });

  it('stands still while pods of the new template do not come up, and says so after the deadline', () => {
    const world = new World(deployment('one', { progressDeadlineSeconds: 60 }));
    world.settle();
    world.use('broken');
    for (let round = 0; round < 5; round += 1) {
      world.step();
      world.report((set) => (world.imageOf(set) === 'broken' ? 0 : (set.spec.replicas ?? 0)));
    }
    expect(world.sets.map((set) => `${world.imageOf(set)} ${set.spec.replicas}`)).toEqual(['one 3', 'broken 1']);
    expect(world.condition('Progressing')).toBe('True ReplicaSetUpdated');
    expect(world.plan().waitSeconds).toBeGreaterThan(50);
    world.now += 70_000;
    world.step();
    expect(world.condition('Progressing')).toBe('False ProgressDeadlineExceeded');
  });

  it('does nothing new while paused, but scales', () => {
    const world = new World(deployment('one'));
    world.settle();
    world.use('two', { paused: true, replicas: 5 });
    expect(world.settle()).toEqual(['scale one 3→5: scaled to 5']);
    expect(world.condition('Progressing')).toBe('Unknown DeploymentPaused');
  });

  it('ends all old pods before any new one under Recreate', () => {
    const world = new World(deployment('one', { strategy: { type: 'Recreate' } }));
    world.settle();
    world.use('two');
    expect(world.settle()).toEqual(['scale one 3→0: all old pods go first', 'create two at 3', 'revision 2']);
  });

  it('keeps only so many old revisions', () => {
    const world = new World(deployment('v0', { revisionHistoryLimit: 2 }));
    for (let version = 0; version < 5; version += 1) {
      world.use(`v${version}`);
      world.settle();
    }
    expect(world.sets.map(world.imageOf)).toEqual(['v2', 'v3', 'v4']);
  });

  it('shares a changed number between the sets of a rollout under way', () => {
    const world = new World(
      deployment('one', { replicas: 10, strategy: { rollingUpdate: { maxSurge: 3, maxUnavailable: 2 } } }),
    );
    world.settle();
    world.use('two');
    world.step();
    world.report((set) => (world.imageOf(set) === 'two' ? 0 : (set.spec.replicas ?? 0)));
    world.step();
    world.report((set) => (world.imageOf(set) === 'two' ? 0 : (set.spec.replicas ?? 0)));
    world.step();
    expect(world.sets.map((set) => set.spec.replicas)).toEqual([8, 5]);
    world.deployment = { ...world.deployment, spec: { ...world.deployment.spec, replicas: 15 } };
    world.step();
    expect(world.sets.map((set) => set.spec.replicas)).toEqual([11, 7]);
  });
});

describe('always', () => {
  const limit = fc.oneof(
    fc.integer({ min: 0, max: 4 }),
    fc.integer({ min: 0, max: 100 }).map((percent) => `${percent}%`),
  );
  const scenario = fc.record({
    replicas: fc.integer({ min: 0, max: 12 }),
    maxSurge: limit,
    maxUnavailable: limit,
    changes: fc.array(
      fc.record({ image: fc.constantFrom('a', 'b', 'c'), healthy: fc.nat({ max: 12 }), rounds: fc.nat({ max: 6 }) }),
      {
        maxLength: 6,
      },
    ),
  });

  it('keeps the minimum available and the maximum of pods, and ends with nothing left to do', () => {
    fc.assert(
      fc.property(scenario, ({ replicas, maxSurge, maxUnavailable, changes }) => {
        const world = new World(
          deployment('a', { replicas, strategy: { rollingUpdate: { maxSurge, maxUnavailable } } }),
        );
        world.settle();
        const count = (value: number | string, round: (value: number) => number) =>
          typeof value === 'number' ? value : round((Number.parseInt(value, 10) * replicas) / 100);
        const surge = count(maxSurge, Math.ceil);
        const unavailable = Math.max(count(maxUnavailable, Math.floor), surge === 0 ? 1 : 0);
        const check = (floor: number) => {
          const total = world.sets.reduce((sum, set) => sum + (set.spec.replicas ?? 0), 0);
          const available = world.sets.reduce((sum, set) => sum + availableOf(set), 0);
          expect(total).toBeLessThanOrEqual(replicas + surge);
          expect(available).toBeGreaterThanOrEqual(Math.min(floor, replicas - unavailable));
        };
        for (const { image, healthy, rounds } of changes) {
          world.use(image);
          for (let round = 0; round < rounds; round += 1) {
            const before = world.sets.reduce((sum, set) => sum + availableOf(set), 0);
            world.step();
            check(before);
            // Pods that were available stay so; of the others of the new template a few come up.
            const known = new Map(world.sets.map((set) => [set.metadata.name, availableOf(set)]));
            world.report((set) =>
              Math.max(known.get(set.metadata.name) ?? 0, world.imageOf(set) === image ? healthy : 0),
            );
          }
        }
        world.settle();
        expect(world.plan().actions).toEqual([]);
        const current = world.sets.filter((set) => (set.spec.replicas ?? 0) > 0).map(world.imageOf);
        expect(current).toEqual(replicas === 0 ? [] : [world.deployment.spec.template.spec?.containers[0]?.image]);
      }),
      { numRuns: 150 },
    );
  });

  it('gives equal templates equal hashes, whatever the order of their fields', () => {
    const { template } = deployment('one').spec;
    const reordered = { spec: template.spec, metadata: { labels: { [hashLabel]: 'x', app: 'web' }, name: '' } };
    expect(templateHash(reordered, undefined)).toBe(templateHash(template, 0));
    expect(templateHash(template, 1)).not.toBe(templateHash(template, undefined));
  });
});
