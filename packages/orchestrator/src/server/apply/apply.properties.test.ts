import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { isSame, type JsonObject, objectAt } from '../../kinds/index.js';
import { ApiError } from '../api-error.js';
import { pathsOf, union } from './field-set.js';
import { applyTo, trackChange } from './index.js';
import { ownersOf, parseOwners } from './owner.js';
import { kindNamed } from './testing.js';

const kind = kindNamed('Deployment');
const apiVersion = 'apps/v1';
const time = '2026-01-01T00:00:00Z';
const metadata = { name: 'x' };

/** Each place holds a value of its own, so that two objects with different places have nothing in common. */
const places = ['replicas', 'paused', 'label', 'image', 'args', 'sidecar', 'port', 'env', 'node', 'finalizer'] as const;
type Place = (typeof places)[number];

function stated(chosen: readonly Place[], value: number): JsonObject {
  const has = (place: Place) => chosen.includes(place);
  const web = {
    ...(has('image') && { image: `i${value}` }),
    ...(has('args') && { args: [String(value)] }),
    ...(has('port') && { ports: [{ containerPort: 80, hostPort: value }] }),
    ...(has('env') && { env: [{ name: 'E', value: String(value) }] }),
  };
  const containers = [
    ...(has('sidecar') ? [{ name: 'side', image: `s${value}` }] : []),
    ...(Object.keys(web).length > 0 ? [{ name: 'web', ...web }] : []),
  ];
  const pod = {
    ...(containers.length > 0 && { containers }),
    ...(has('node') && { nodeSelector: { n: String(value) } }),
  };
  const spec = {
    ...(has('replicas') && { replicas: value }),
    ...(has('paused') && { minReadySeconds: value }),
    ...(Object.keys(pod).length > 0 && { template: { spec: pod } }),
  };
  return {
    apiVersion,
    kind: 'Deployment',
    metadata: {
      ...metadata,
      ...(has('label') && { labels: { l: String(value) } }),
      ...(has('finalizer') && { finalizers: [`example.org/f${value}`] }),
    },
    ...(Object.keys(spec).length > 0 && { spec }),
  };
}

const chosen = fc.subarray([...places]);
const value = fc.integer({ min: 1, max: 3 });
const config = fc.tuple(chosen, value).map(([some, each]) => stated(some, each));

function apply(live: JsonObject | undefined, manager: string, applied: JsonObject, isForced = false): JsonObject {
  return applyTo(kind, live, applied, { manager, isForced, subresource: '', apiVersion, time });
}

function contentOf(object: JsonObject): JsonObject {
  return { ...object, metadata: { ...(object.metadata as JsonObject), managedFields: undefined } };
}

function ownersIn(object: JsonObject) {
  return ownersOf((object.metadata as JsonObject).managedFields);
}

function isConflict(act: () => unknown): boolean {
  try {
    act();
    return false;
  } catch (error) {
    if (error instanceof ApiError && error.code === 409) return true;
    throw error;
  }
}

describe('server-side apply', () => {
  it('done twice is done once', () => {
    fc.assert(
      fc.property(config, config, (before, applied) => {
        const live = apply(apply(undefined, 'b', before), 'a', applied, true);
        expect(apply(live, 'a', applied)).toEqual(live);
      }),
    );
  });

  it('of disjoint fields by two managers never conflicts, in whichever order', () => {
    fc.assert(
      fc.property(chosen, chosen, (some, more) => {
        const one = stated(some, 1);
        const other = stated(
          more.filter((place) => !some.includes(place)),
          2,
        );
        const ab = apply(apply(undefined, 'a', one), 'b', other);
        const ba = apply(apply(undefined, 'b', other), 'a', one);
        expect(inOrder(contentOf(ab))).toEqual(inOrder(contentOf(ba)));
        const owners = (object: JsonObject) =>
          ownersIn(object).map(({ manager, fields }) => [manager, pathsOf(fields)]);
        expect(owners(ab)).toEqual(owners(ba));
      }),
    );
  });

  it('by force takes every field it states, so that the other conflicts with it afterwards', () => {
    fc.assert(
      fc.property(fc.subarray([...places], { minLength: 1 }), (some) => {
        // A finalizer of another value is another finalizer.
        const contested = some.filter((place) => place !== 'finalizer');
        fc.pre(contested.length > 0);
        const live = apply(apply(undefined, 'a', stated(contested, 1)), 'b', stated(contested, 2), true);
        expect(inOrder(contentOf(live))).toEqual(inOrder(stated(contested, 2)));
        expect(isConflict(() => apply(live, 'a', stated(contested, 1)))).toBe(true);
        expect(isConflict(() => apply(live, 'a', stated(contested, 2)))).toBe(false);
      }),
    );
  });

  it('of nothing takes away exactly what was the manager’s alone', () => {
    fc.assert(
      fc.property(config, config, (mine, theirs) => {
        const live = apply(apply(undefined, 'b', theirs), 'a', mine, true);
        const kept = ownersIn(live).find((owner) => owner.manager === 'b');
        const left = apply(live, 'a', { apiVersion, kind: 'Deployment', metadata });
        expect(ownersIn(left).map((owner) => owner.manager)).toEqual(kept ? ['b'] : []);
        expect(ownersIn(left)[0]?.fields).toEqual(kept?.fields);
        const rebuilt = apply(left, 'b', { apiVersion, kind: 'Deployment', metadata });
        expect(contentOf(rebuilt).spec).toBeUndefined();
        expect((rebuilt.metadata as JsonObject).managedFields).toBeUndefined();
      }),
    );
  });

  it('leaves its arguments as they were', () => {
    fc.assert(
      fc.property(config, config, (before, applied) => {
        const live = apply(undefined, 'b', before);
        const copies = structuredClone([live, applied]);
        apply(live, 'a', applied, true);
        expect([live, applied]).toEqual(copies);
      }),
    );
  });
});

describe('entries', () => {
  const step = fc.record({ manager: fc.constantFrom('a', 'b', 'c'), isApply: fc.boolean(), object: config });

  function played(steps: readonly { manager: string; isApply: boolean; object: JsonObject }[]): JsonObject | undefined {
    let live: JsonObject | undefined;
    for (const { manager, isApply, object } of steps) {
      if (isApply) live = apply(live, manager, object, true);
      else {
        const draft = structuredClone(object);
        const before = (live?.metadata as JsonObject | undefined)?.managedFields;
        (draft.metadata as JsonObject).managedFields = before;
        trackChange(kind, live, draft, { manager, operation: 'Update', subresource: '', apiVersion, time });
        live = draft;
      }
    }
    return live;
  }

  it('are read back as they were written', () => {
    fc.assert(
      fc.property(fc.array(step, { minLength: 1, maxLength: 5 }), (steps) => {
        const entries = objectAt(played(steps), 'metadata').managedFields;
        fc.pre(entries !== undefined);
        const read = parseOwners(JSON.parse(JSON.stringify(entries)));
        expect(read).toEqual(ownersOf(entries).map(({ entry, ...owner }) => owner));
      }),
    );
  });

  it('after any writes: what is written last is owned by its writer, and nobody else updates it', () => {
    fc.assert(
      fc.property(fc.array(step, { minLength: 1, maxLength: 5 }), (steps) => {
        const last = steps.at(-1);
        const before = played(steps.slice(0, -1));
        const after = played(steps);
        fc.pre(last !== undefined && after !== undefined && before !== undefined);
        if (!last || !after || !before || isSame(contentOf(before), contentOf(after))) return;
        const fields = (object: JsonObject, manager: string) =>
          ownersIn(object)
            .filter((owner) => owner.manager === manager)
            .reduce((set, owner) => union(set, owner.fields), {});
        if (last.isApply) expect(isConflict(() => apply(after, last.manager, last.object))).toBe(false);
        else if (ownersIn(before).length > 0)
          for (const other of ['a', 'b', 'c'].filter((each) => each !== last.manager))
            for (const path of pathsOf(fields(after, other)))
              expect(pathsOf(fields(before, other)).map(String)).toContain(String(path));
      }),
    );
  });
});

/** Containers by name: the order in which two managers came is no difference. */
function inOrder(object: JsonObject): unknown {
  return JSON.parse(JSON.stringify(object), (_, each) =>
    Array.isArray(each) && typeof each[0]?.name === 'string'
      ? [...each].sort((a, b) => (a.name < b.name ? -1 : 1))
      : each,
  );
}
