import { readFileSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type Body, createKubeRequests, type KubeRequests } from '../support/kube-requests.js';
import { uniqueName } from '../support/slipway.js';

/** One change of an object that is accepted, and all that is then said of it. Without a value the field is taken away. */
interface Refusal {
  path: string;
  value?: unknown;
  causes: string[];
}

interface Statement {
  plural: string;
  columns: string[];
  object: { apiVersion: string; kind: string; metadata: { name: string; namespace?: string } };
  /** What is there of it once it has been accepted. */
  defaulted: Record<string, unknown>;
  refused: Refusal[];
}

// Nothing is written: every request is a dry run.
const statements = JSON.parse(readFileSync(new URL('./kinds.json', import.meta.url), 'utf8')) as Statement[];
const namespace = uniqueName('kinds');
let kube: KubeRequests;

function pathOf({ plural, object }: Statement): string {
  const root = object.apiVersion.includes('/') ? `/apis/${object.apiVersion}` : `/api/${object.apiVersion}`;
  return object.metadata.namespace === undefined ? `${root}/${plural}` : `${root}/namespaces/${namespace}/${plural}`;
}

function prepared(object: Statement['object']): Statement['object'] {
  const text = JSON.stringify(object).replaceAll('"namespace":"default"', `"namespace":"${namespace}"`);
  return JSON.parse(text) as Statement['object'];
}

function withChange(object: Statement['object'], { path, value }: Refusal): Statement['object'] {
  const changed = structuredClone(object);
  const keys = path.split('.');
  const last = keys.pop() ?? '';
  let holder: unknown = changed;
  for (const key of keys) holder = typeof holder === 'object' && holder !== null ? Reflect.get(holder, key) : undefined;
  if (typeof holder !== 'object' || holder === null) throw new Error(`${path} leads nowhere`);
  if (value === undefined) Reflect.deleteProperty(holder, last);
  else Reflect.set(holder, last, value);
  return changed;
}

/** The leaves of a value with their places. What a cluster's own admission adds is beside them. */
function leavesOf(value: unknown, at: string): [string, unknown][] {
  if (typeof value !== 'object' || value === null) return [[at, value]];
  return Object.entries(value).flatMap(([key, child]) => leavesOf(child, `${at}.${key}`));
}

const causesOf = (body: Body) => {
  const details = body['details'];
  const causes = typeof details === 'object' && details !== null ? Reflect.get(details, 'causes') : undefined;
  if (!Array.isArray(causes)) return [`${String(body.reason)}: ${String(body.message)}`];
  return causes.map((each: { field: string; message: string }) => `${each.field}: ${each.message}`).sort();
};

beforeAll(async () => {
  kube = createKubeRequests();
  await kube.send('POST', '/api/v1/namespaces', { metadata: { name: namespace } });
  const account = `/api/v1/namespaces/${namespace}/serviceaccounts`;
  await kube.send('POST', account, { metadata: { name: 'default' } });
});
afterAll(async () => {
  await kube.send('DELETE', `/api/v1/namespaces/${namespace}`);
});

const titled = statements.map((each, index) => ({ ...each, title: `${each.object.kind} (${index})` }));

describe.each(titled)('$title', (statement) => {
  const collection = pathOf(statement);
  const object = prepared(statement.object);

  test('is accepted and defaulted', async () => {
    const { status, body } = await kube.send('POST', `${collection}?dryRun=All`, object);
    expect(status, body.message).toBe(201);
    const leaves = new Map(leavesOf(body, ''));
    const uid = String(body.metadata?.['uid']);
    for (const [place, value] of leavesOf(statement.defaulted, '')) {
      const wanted = typeof value === 'string' ? value.replace('<uid>', uid).replace(/^default$/, namespace) : value;
      if (place !== '.status.lastPhaseTransitionTime') expect([place, leaves.get(place)]).toEqual([place, wanted]);
    }
  });

  test('is listed in these columns', async () => {
    const accept = 'application/json;as=Table;v=v1;g=meta.k8s.io,application/json';
    const { body } = await kube.send('GET', `${collection}?limit=1`, undefined, { accept });
    const columns = body['columnDefinitions'] as { name: string }[];
    expect(columns.map(({ name }) => name)).toEqual(statement.columns);
  });

  test.each(statement.refused)('is refused with $path = $value', async (refusal) => {
    const { status, body } = await kube.send('POST', `${collection}?dryRun=All`, withChange(object, refusal));
    expect([status, body.reason, causesOf(body)]).toEqual([422, 'Invalid', refusal.causes]);
  });
});
