import { describe, expect, it } from 'vitest';
import { type Manifest, planObjects } from '../applications/application-scopes.service.js';
import { compare, type Difference, findNew, type Live, showPath, toFindings, toHealed } from './drift.rules.js';

const written = planObjects({
  tenant: 'acme',
  project: 'shop',
  environment: 'production',
  application: 'hello',
  namespace: 'acme-shop-production',
  release: 3,
  image: 'registry.example.com/hello@sha256:aa',
  processes: { web: { port: 8080, replicas: 2, resources: { cpu: '1000m', memory: '1024Mi' } } },
  scaling: {},
  variables: { COLOUR: 'red' },
  secrets: { KEY: 'hush' },
  hostnames: ['hello.example.com'],
});

const wanted = (kind: string): Manifest => {
  const found = written.find((manifest) => manifest.kind === kind);
  if (!found) throw new Error(`There is no ${kind}.`);
  return found;
};

// biome-ignore lint/suspicious/noExplicitAny: objects that tests tear apart
type Changed = Record<string, any>;

/** The object as a cluster holds it: with its own fields, its defaults and its way of writing quantities. */
function live(kind: string, change: (object: Changed) => void = () => undefined): Live {
  const object: Changed = structuredClone(wanted(kind));
  object['metadata'] = {
    ...object['metadata'],
    uid: 'u',
    resourceVersion: '7',
    annotations: { ...object['metadata'].annotations, 'deployment.kubernetes.io/revision': '2' },
  };
  for (const [key, value] of Object.entries(object['metadata'].annotations))
    if (value === null) delete object['metadata'].annotations[key];
  object['status'] = {};
  if (kind === 'Deployment') {
    const pod = object['spec'].template.spec;
    Object.assign(pod, { restartPolicy: 'Always', dnsPolicy: 'ClusterFirst', hostNetwork: false, volumes: [] });
    Object.assign(pod.containers[0], { terminationMessagePath: '/dev/termination-log' });
    pod.containers[0].resources.limits = { cpu: '1', memory: '1Gi' };
    pod.containers[0].livenessProbe.tcpSocket.host = '';
    object['spec'].template.metadata.creationTimestamp = null;
  }
  if (kind === 'Service') Object.assign(object['spec'], { clusterIP: '100.126.0.9', sessionAffinity: 'None' });
  change(object);
  return object as unknown as Live;
}

const container = (object: Changed) => object['spec'].template.spec.containers[0];
const found = (kind: string, change?: (object: Changed) => void, scaled?: boolean) =>
  compare(wanted(kind), live(kind, change), scaled).map(({ path, change: what }) => `${what} ${showPath(path)}`);

describe('a comparison', () => {
  it.each(['Deployment', 'Service', 'HTTPRoute', 'ConfigMap', 'Secret'])(
    'finds nothing in a %s that holds what was written and what the cluster added',
    (kind) => expect(found(kind)).toEqual([]),
  );

  it.each<[string, string, (object: Changed) => void, string[]]>([
    [
      'an image',
      'Deployment',
      (object) => (container(object).image = 'evil'),
      ['changed spec.template.spec.containers[web].image'],
    ],
    ['the number of pods', 'Deployment', ({ spec }) => (spec.replicas = 5), ['changed spec.replicas']],
    [
      'a limit',
      'Deployment',
      (object) => (container(object).resources.limits.memory = '2Gi'),
      ['changed spec.template.spec.containers[web].resources.limits.memory'],
    ],
    [
      'a variable that was added',
      'Deployment',
      (object) => container(object).env.push({ name: 'DEBUG', value: '1' }),
      ['added spec.template.spec.containers[web].env[DEBUG]'],
    ],
    [
      'a variable that was taken away',
      'Deployment',
      (object) => container(object).env.shift(),
      ['removed spec.template.spec.containers[web].env[PORT]'],
    ],
    ['variables in another order', 'Deployment', (object) => container(object).env.reverse(), []],
    [
      'a command',
      'Deployment',
      (object) => (container(object).command = ['sh']),
      ['added spec.template.spec.containers[web].command'],
    ],
    [
      'a container beside ours',
      'Deployment',
      ({ spec }) => spec.template.spec.containers.push({ name: 'spy' }),
      ['added spec.template.spec.containers[spy]'],
    ],
    [
      'the network of the node',
      'Deployment',
      ({ spec }) => (spec.template.spec.hostNetwork = true),
      ['added spec.template.spec.hostNetwork'],
    ],
    [
      'a label that was taken away',
      'Deployment',
      ({ metadata }) => delete metadata.labels['slipway.dev/process'],
      ['removed metadata.labels.slipway.dev/process'],
    ],
    ['a note of a controller', 'Deployment', ({ metadata }) => (metadata.annotations.mine = 'x'), []],
    [
      'a selector that leads elsewhere',
      'Service',
      ({ spec }) => (spec.selector.version = '9'),
      ['added spec.selector.version'],
    ],
    [
      'weights',
      'HTTPRoute',
      ({ spec }) => (spec.rules[0].backendRefs[0].weight = 1),
      ['changed spec.rules[0].backendRefs[hello-slot-a].weight'],
    ],
    ['a rule', 'HTTPRoute', ({ spec }) => spec.rules.push({}), ['changed spec.rules']],
    [
      'a filter',
      'HTTPRoute',
      ({ spec }) => (spec.rules[0].filters = [{ type: 'URLRewrite' }]),
      ['added spec.rules[0].filters'],
    ],
    ['a host', 'HTTPRoute', ({ spec }) => spec.hostnames.push('evil.example.com'), ['changed spec.hostnames']],
    [
      'a stickiness',
      'HTTPRoute',
      ({ metadata }) => (metadata.annotations['slipway.dev/traffic-key'] = 'gateway'),
      ['added metadata.annotations.slipway.dev/traffic-key'],
    ],
    ['configuration', 'ConfigMap', ({ data }) => (data.COLOUR = 'blue'), ['changed data.COLOUR']],
  ])('finds %s', (_, kind, change, expected) => {
    expect(found(kind, change)).toEqual(expected);
  });

  it('says that an object is gone', () => {
    expect(compare(wanted('Service'), undefined)).toMatchObject([{ change: 'deleted', name: 'hello', path: [] }]);
  });

  it('leaves the number of pods to an autoscaler', () => {
    expect(found('Deployment', ({ spec }) => (spec.replicas = 5), true)).toEqual([]);
  });

  it('never holds what a secret was or is', () => {
    const differences = compare(
      wanted('Secret'),
      live('Secret', ({ data }) => (data.KEY = 'c3B5')),
    );
    expect(differences).toMatchObject([{ isSecret: true, wanted: null, found: null }]);
    expect(JSON.stringify(differences)).not.toMatch(/c3B5|aHVzaA/);
  });
});

const [earlier, later] = [new Date('2026-01-01T00:00:00Z'), new Date('2026-01-01T00:05:00Z')];
const scaled = (replicas: number) =>
  compare(
    wanted('Deployment'),
    live('Deployment', ({ spec }) => (spec.replicas = replicas)),
  );
const accept = (differences: readonly Difference[]) =>
  toFindings([], differences, earlier).map((finding) => ({
    ...finding,
    accepted: { by: 'dora', at: earlier.toISOString(), reason: 'a sale' },
  }));

describe('a finding', () => {
  it('keeps since when it is so, and is news once', () => {
    const first = toFindings([], scaled(5), earlier);
    const second = toFindings(first, scaled(5), later);
    expect(second).toEqual(first);
    expect([findNew([], first), findNew(first, second)]).toMatchObject([[{ since: earlier.toISOString() }], []]);
  });

  it('that was accepted stays so until the value changes again', () => {
    const accepted = accept(scaled(5));
    expect(toFindings(accepted, scaled(5), later)).toEqual(accepted);
    const changed = toFindings(accepted, scaled(6), later);
    expect(changed).toMatchObject([{ since: later.toISOString() }]);
    expect(changed[0]?.accepted).toBeUndefined();
    expect(findNew(accepted, changed)).toHaveLength(1);
  });
});

describe('what brings an object back', () => {
  it('is what was written, without what was added', () => {
    const differences = compare(
      wanted('Deployment'),
      live('Deployment', ({ spec }) => Object.assign(spec.template.spec, { hostNetwork: true })),
    );
    const healed = toHealed(wanted('Deployment'), toFindings([], differences, earlier));
    expect(healed).toMatchObject({ spec: { replicas: 2, template: { spec: { hostNetwork: null } } } });
  });

  it('leaves what somebody accepted', () => {
    const env = compare(
      wanted('Deployment'),
      live('Deployment', (object) => container(object).env.shift()),
    );
    const more = compare(
      wanted('Deployment'),
      live('Deployment', (object) => container(object).env.push({ name: 'DEBUG', value: '1' })),
    );
    const healed: Changed = toHealed(wanted('Deployment'), [...accept(scaled(5)), ...accept(env), ...accept(more)]);
    expect(healed['spec'].replicas).toBe(5);
    const names = container(healed).env.map(({ name }: { name: string }) => name);
    expect(names).toContain('DEBUG');
    expect(names).not.toContain('PORT');
  });
});
