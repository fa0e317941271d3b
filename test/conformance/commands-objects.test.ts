import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, inject, test } from 'vitest';
import { eventually } from '../support/eventually.js';
import { createKubectl, kubectls } from '../support/kubectl.js';
import { uniqueName } from '../support/slipway.js';

const image = inject('image');
const directory = mkdtempSync(join(tmpdir(), 'slipway-commands-'));
afterAll(() => rmSync(directory, { recursive: true, force: true }));

const configMap = (name: string, data: Record<string, string>, labels: Record<string, string> = {}) =>
  JSON.stringify({ apiVersion: 'v1', kind: 'ConfigMap', metadata: { name, labels }, data });

describe.each(kubectls)('objects by kubectl 1.$minor', (which) => {
  const namespace = uniqueName('objects');
  const { ok, try: attempt, refused, start } = createKubectl(namespace, which);
  const field = (resource: string, path: string) => ok(['get', resource, '-o', `jsonpath={${path}}`]);
  const path = (name: string) => join(directory, `${which.minor}-${name}`);
  const plural = uniqueName('widgets').replace('-', '');
  const definition = `${plural}.commands.slipway.test`;

  beforeAll(() => ok(['create', 'namespace', namespace]));
  afterAll(async () => {
    await attempt(['delete', 'crd', definition, '--ignore-not-found', '--wait=false']);
    await attempt(['delete', 'clusterrole', namespace, '--ignore-not-found']);
    await attempt(['delete', 'namespace', namespace, '--wait=false']);
  });

  test.concurrent('get: every form of output, sorted, in pages, with labels', async () => {
    for (const [name, rank] of [
      ['form-a', '2'],
      ['form-b', '1'],
    ])
      await ok(['apply', '-f', '-'], configMap(name ?? '', { rank: rank ?? '' }, { set: 'form', rank: rank ?? '' }));
    const get = (...words: string[]) => ok(['get', 'cm', '-l', 'set=form', ...words]);
    expect(await get('-o', 'name')).toBe('configmap/form-a\nconfigmap/form-b');
    expect(await get('-o', 'custom-columns=N:.metadata.name,R:.data.rank')).toMatch(/^N +R\nform-a +2\nform-b +1$/);
    expect(await get('-o', 'jsonpath={range .items[*]}{.data.rank}{end}')).toBe('21');
    expect(await get('-o', 'go-template={{range .items}}{{.data.rank}}{{end}}')).toBe('21');
    expect(JSON.parse(await get('-o', 'json')).items).toHaveLength(2);
    expect(await get('-o', 'yaml')).toContain('kind: ConfigMap');
    expect(await get('-o', 'wide')).toMatch(/^NAME +DATA +AGE\n/);
    expect(await get('--sort-by=.data.rank', '-o', 'name')).toBe('configmap/form-b\nconfigmap/form-a');
    expect(await get('--chunk-size=1', '--no-headers')).toMatch(/^form-a .*\nform-b /);
    expect(await get('--show-labels')).toContain('rank=2,set=form');
    expect(await get('-L', 'rank')).toMatch(/RANK\n/);
    expect(await ok(['get', 'cm', '-A', '-l', 'set=form', '--no-headers'])).toContain(`${namespace} `);
    expect(await ok(['get', '--raw', `/api/v1/namespaces/${namespace}/configmaps/form-a`])).toContain('"rank":"2"');
  });

  test.concurrent('get --watch tells of changes', async () => {
    const watch = start(['get', 'cm', '-l', 'set=watched', '--watch', '--output-watch-events']);
    await ok(['apply', '-f', '-'], configMap('watched', { k: '1' }, { set: 'watched' }));
    await watch.until(/ADDED +watched +1/);
    await ok(['apply', '-f', '-'], configMap('watched', { k: '1', l: '2' }, { set: 'watched' }));
    await watch.until(/MODIFIED +watched +2/);
    await ok(['delete', 'cm', 'watched']);
    await watch.until(/DELETED +watched +2/);
    await watch.end();
  });

  test.concurrent('diff shows what apply would change, apply remembers what it applied', async () => {
    expect(await attempt(['diff', '-f', '-'], configMap('kept', { k: '1' }))).toMatchObject({ exit: 1 });
    await ok(['apply', '-f', '-'], configMap('kept', { k: '1', l: '1' }));
    expect(await attempt(['diff', '-f', '-'], configMap('kept', { k: '1', l: '1' }))).toMatchObject({ exit: 0 });
    const changed = await attempt(['diff', '-f', '-'], configMap('kept', { k: '2' }));
    expect(changed).toMatchObject({ exit: 1, stdout: expect.stringMatching(/^- {2}k: "1"$/m) });
    expect(changed.stdout).toMatch(/^\+ {2}k: "2"$/m);
    expect(await ok(['apply', '-f', '-'], configMap('kept', { k: '2' }))).toContain('configured');
    expect(JSON.parse(await field('cm/kept', '.data'))).toEqual({ k: '2' });
    expect(await ok(['apply', 'view-last-applied', 'cm/kept'])).toContain('k: "2"');
    const server = ['apply', '--server-side', '--force-conflicts', '-f', '-'];
    expect(await ok(server, configMap('kept', { k: '3' }))).toContain('serverside-applied');
  });

  test.concurrent('apply --prune removes what is no longer there, apply -k builds', async () => {
    const only = which.minor >= 26 ? '--prune-allowlist=core/v1/ConfigMap' : '--prune-whitelist=core/v1/ConfigMap';
    const prune = ['apply', '--prune', '-l', 'set=pruned', only, '-f', '-'];
    await ok(prune, [configMap('stays', {}, { set: 'pruned' }), configMap('goes', {}, { set: 'pruned' })].join('\n'));
    expect(await ok(prune, configMap('stays', {}, { set: 'pruned' }))).toContain('configmap/goes pruned');
    const base = path('kustomized');
    mkdirSync(base);
    writeFileSync(join(base, 'map.yaml'), configMap('built', { k: '1' }));
    const lines = [
      'namePrefix: pre-',
      'resources: [map.yaml]',
      'configMapGenerator:',
      '- name: made',
      '  literals: [a=b]',
    ];
    writeFileSync(join(base, 'kustomization.yaml'), lines.join('\n'));
    const built = await ok(['apply', '-k', base]);
    expect(built).toContain('configmap/pre-built created');
    expect(built).toMatch(/configmap\/pre-made-\w+ created/);
    expect(await ok(['delete', '-k', base])).toContain('"pre-built"');
  });

  test.concurrent('edit, replace, label, annotate and patch change an object', async () => {
    await ok(['apply', '-f', '-'], configMap('changed', { k: 'one' }));
    expect(await ok(['edit', 'cm/changed'], '', { KUBE_EDITOR: 'sed -i s/one/two/' })).toContain('edited');
    expect(await field('cm/changed', '.data.k')).toBe('two');
    await ok(['label', 'cm/changed', 'a=1']);
    expect(await refused(['label', 'cm/changed', 'a=2'])).toContain('--overwrite');
    await ok(['label', 'cm/changed', 'a=2', 'b=3', '--overwrite']);
    await ok(['label', 'cm/changed', 'a-']);
    expect(JSON.parse(await field('cm/changed', '.metadata.labels'))).toEqual({ b: '3' });
    await ok(['annotate', 'cm/changed', 'note=here']);
    expect(await field('cm/changed', '.metadata.annotations.note')).toBe('here');
    const uid = await field('cm/changed', '.metadata.uid');
    await ok(['patch', 'cm/changed', '--type=json', '-p', '[{"op":"add","path":"/data/l","value":"1"}]']);
    await ok(['replace', '-f', '-'], configMap('changed', { k: 'three' }));
    expect(await field('cm/changed', '.metadata.uid')).toBe(uid);
    await ok(['replace', '--force', '-f', '-'], configMap('changed', { k: 'four' }));
    expect(await field('cm/changed', '.metadata.uid')).not.toBe(uid);
  });

  test.concurrent('delete leaves the dependents of an orphaning deletion', async () => {
    await ok(['create', 'deployment', 'orphaning', `--image=${image}`, '--replicas=0']);
    await eventually(async () => expect(await ok(['get', 'rs', '-l', 'app=orphaning', '-o', 'name'])).not.toBe(''));
    await ok(['delete', 'deployment', 'orphaning', '--cascade=orphan']);
    const replicaSet = await ok(['get', 'rs', '-l', 'app=orphaning', '-o', 'name']);
    await eventually(async () => expect(await field(replicaSet, '.metadata.ownerReferences')).toBe(''));
    expect(await ok(['delete', 'rs', '-l', 'app=orphaning'])).toContain('deleted');
  });

  test.concurrent('create makes the kinds it knows, expose and autoscale refer to them', async () => {
    const create = (...words: string[]) => ok(['create', ...words]);
    await Promise.all([
      create('secret', 'generic', 'generic', '--from-literal=k=v'),
      create('secret', 'docker-registry', 'pull', '--docker-username=u', '--docker-password=p', '--docker-server=h'),
      create('serviceaccount', 'account'),
      create('role', 'reader', '--verb=get,list', '--resource=pods,pods/log'),
      create('quota', 'amounts', '--hard=configmaps=100'),
      create('service', 'clusterip', 'inside', '--tcp=80:8080'),
      create('service', 'nodeport', 'outside', '--tcp=80'),
      create('service', 'externalname', 'elsewhere', '--external-name=example.test'),
      create('ingress', 'edge', '--rule=a.test/path*=inside:80'),
      create('job', 'once', `--image=${image}`, '--dry-run=server', '-o', 'name'),
      create('clusterrole', namespace, '--verb=get', '--resource=nodes', '--non-resource-url=/healthz'),
    ]);
    await create('rolebinding', 'readers', '--role=reader', `--serviceaccount=${namespace}:account`);
    if (which.minor >= 21) await create('pdb', 'budget', '--selector=app=x', '--min-available=1');
    if (which.minor >= 21) await create('cronjob', 'often', `--image=${image}`, '--schedule=*/5 * * * *');
    await create('deployment', 'many', `--image=${image}`, '--replicas=0', '--port=8080');
    expect(await ok(['expose', 'deployment', 'many', '--port=80', '--target-port=8080'])).toContain('exposed');
    expect(await field('service/many', '.spec.ports[0].targetPort')).toBe('8080');
    expect(await ok(['autoscale', 'deployment', 'many', '--min=1', '--max=3'])).toContain('autoscaled');
    expect(await field('hpa/many', '.spec.maxReplicas')).toBe('3');
    await ok(['set', 'serviceaccount', 'deployment/many', 'account']);
    await ok(['set', 'subject', 'rolebinding/readers', '--user=somebody']);
    expect(await field('rolebinding/readers', '.subjects[*].name')).toBe('account somebody');
    const names =
      'secret/generic,sa/account,role/reader,rolebinding/readers,quota/amounts,svc/inside,svc/outside'.split(',');
    const described = await ok(['describe', ...names, 'ing/edge', 'hpa/many', 'deploy/many']);
    for (const text of ['Type:  Opaque', 'pods/log', 'User +somebody', 'configmaps +\\d+ +100', 'NodePort:', 'a.test'])
      expect(described).toMatch(new RegExp(text));
  });

  test.concurrent('explain tells the fields of built-in and of custom kinds', async () => {
    expect(await ok(['explain', 'pod.spec.containers.image'])).toMatch(/FIELD: +image <string>/);
    expect(await ok(['explain', 'deployment', '--recursive'])).toMatch(/^ +maxSurge\s+<\S+>/m);
    expect(await ok(['explain', 'hpa', '--api-version=autoscaling/v2'])).toMatch(/VERSION: +(autoscaling\/)?v2/);
    const schema = {
      type: 'object',
      properties: {
        spec: { type: 'object', description: 'What is wished.', properties: { size: { type: 'integer' } } },
      },
    };
    const crd = {
      apiVersion: 'apiextensions.k8s.io/v1',
      kind: 'CustomResourceDefinition',
      metadata: { name: definition },
      spec: {
        group: 'commands.slipway.test',
        scope: 'Namespaced',
        names: { plural, singular: plural.slice(0, -1), kind: 'Widget' },
        versions: [{ name: 'v1', served: true, storage: true, schema: { openAPIV3Schema: schema } }],
      },
    };
    await ok(['apply', '-f', '-'], JSON.stringify(crd));
    await ok(['wait', '--for=condition=Established', `crd/${definition}`, '--timeout=20s']);
    await eventually(async () => expect(await ok(['explain', `${plural}.spec`])).toMatch(/size\s+<integer>/));
    const widget = {
      apiVersion: 'commands.slipway.test/v1',
      kind: 'Widget',
      metadata: { name: 'w' },
      spec: { size: 1 },
    };
    await ok(['apply', '-f', '-'], JSON.stringify(widget));
    expect(await ok(['describe', plural, 'w'])).toMatch(/Size: +1/);
  });

  test.concurrent('wait: a condition, a field, a deletion', async () => {
    await ok(['apply', '-f', '-'], configMap('awaited', { state: 'new' }));
    if (which.minor >= 23) {
      const waiting = ok(['wait', '--for=jsonpath={.data.state}=done', 'cm/awaited', '--timeout=20s']);
      await ok(['apply', '-f', '-'], configMap('awaited', { state: 'done' }));
      expect(await waiting).toContain('condition met');
    }
    const gone = attempt(['wait', '--for=delete', 'cm/awaited', '--timeout=20s']);
    await ok(['delete', 'cm', 'awaited']);
    const { exit, stderr } = await gone;
    // An old kubectl complains of what has gone before it looks.
    expect(exit === 0 || stderr.includes('no matching resources found'), stderr).toBe(true);
    expect(await refused(['wait', '--for=condition=Never', `namespace/${namespace}`, '--timeout=1s'])).toContain(
      'timed out',
    );
  });

  test.concurrent('api-resources, api-versions and cluster-info tell what there is', async () => {
    expect(
      await ok(['api-resources', '--namespaced=false', '--api-group=rbac.authorization.k8s.io', '-o', 'name']),
    ).toBe('clusterrolebindings.rbac.authorization.k8s.io\nclusterroles.rbac.authorization.k8s.io');
    expect(await ok(['api-versions'])).toMatch(/^apps\/v1$/m);
    expect(await ok(['cluster-info'])).toContain('https://');
    const dump = path('dump');
    await ok(['cluster-info', 'dump', `--namespaces=${namespace}`, `--output-directory=${dump}`]);
    expect(JSON.parse(readFileSync(join(dump, 'nodes.json'), 'utf8')).items.length).toBeGreaterThan(0);
    expect(readFileSync(join(dump, namespace, 'events.json'), 'utf8')).toContain('EventList');
  });

  test('describe knows each kind that is served', async () => {
    const served = (await ok(['api-resources', '--verbs=list,get', '-o', 'name'])).split('\n');
    expect(served.length).toBeGreaterThan(50);
    // Before 1.21 it asks for these in a version that no API has served since 1.25.
    const kinds = which.minor < 21 ? served.filter((each) => !each.startsWith('endpointslices.')) : served;
    // What others delete meanwhile is not found.
    const described = await eventually(() => ok(['describe', kinds.join(','), '-A']));
    for (const text of ['Capacity:', 'PolicyRule:']) expect(described).toContain(text);
  });
});
