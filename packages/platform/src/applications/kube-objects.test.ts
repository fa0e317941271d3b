import { describe, expect, it } from 'vitest';
import { parseCpuMillis, parseMemoryBytes, resolveProcesses } from './applications.rules.js';
import {
  type Manifest,
  type ObjectsInput,
  planCertificates,
  planObjects,
  planTraffic,
  selectorLabels,
  type TrafficInput,
} from './kube-objects.rules.js';

const input: ObjectsInput = {
  tenant: 'acme',
  project: 'shop',
  environment: 'production',
  application: 'hello',
  namespace: 'acme-shop-production',
  release: 7,
  image: '127.0.0.1:7601/acme/shop/hello@sha256:abc',
  processes: { web: {}, worker: { command: 'node worker.js' }, admin: { port: 9000, command: ['/admin'] } },
  scaling: { web: { replicas: 3 } },
  variables: { GREETING: 'hi' },
  secrets: { TOKEN: 's3cret' },
  hostnames: ['hello-shop-acme.slipway.localhost'],
};

const line = (manifest: Manifest): string => `${manifest.kind}/${manifest.metadata.name}`;
const find = (kind: string, name: string) =>
  planObjects(input).find((m) => m.kind === kind && m.metadata.name === name);

describe('planObjects', () => {
  it('lists what an application needs, in the order in which it must be applied', () => {
    expect(planObjects(input).map(line)).toEqual([
      'ConfigMap/hello-7',
      'Secret/hello-7',
      'Deployment/hello-web',
      'Deployment/hello-admin',
      'Deployment/hello-worker',
      'Service/hello',
      'Service/hello-admin',
      'HTTPRoute/hello',
    ]);
  });

  it('never puts the release into a selector, so that a new release updates the Deployment in place', () => {
    for (const name of ['web', 'worker']) {
      expect(find('Deployment', `hello-${name}`)).toMatchObject({
        spec: { selector: { matchLabels: selectorLabels(input, name) } },
      });
    }
    expect(Object.keys(selectorLabels(input, 'web'))).not.toContain('slipway.dev/release');
  });

  it('keeps every old pod until a new one is ready and lets endpoints drain before a process is told to stop', () => {
    expect(find('Deployment', 'hello-web')).toMatchObject({
      spec: {
        replicas: 3,
        strategy: { rollingUpdate: { maxSurge: 1, maxUnavailable: 0 } },
        template: {
          spec: {
            terminationGracePeriodSeconds: 35,
            containers: [{ lifecycle: { preStop: { sleep: { seconds: 5 } } } }],
          },
        },
      },
    });
  });

  it('meets `restricted`: no root, no privilege escalation, no capability, no service account token', () => {
    const securityContext = { allowPrivilegeEscalation: false, capabilities: { drop: ['ALL'] } };
    expect(find('Deployment', 'hello-web')).toMatchObject({
      spec: {
        template: {
          spec: {
            automountServiceAccountToken: false,
            securityContext: { runAsNonRoot: true, seccompProfile: { type: 'RuntimeDefault' } },
            containers: [{ securityContext }],
          },
        },
      },
    });
    expect(JSON.stringify(planObjects(input))).not.toContain('"add"');
  });

  it('leaves an image root and what giving it up takes where the project is held to `baseline` only', () => {
    const plan = planObjects({ ...input, podSecurity: 'baseline' });
    expect(plan.find((m) => m.kind === 'Deployment')).toMatchObject({
      spec: {
        template: {
          spec: {
            securityContext: { runAsNonRoot: false },
            containers: [
              {
                securityContext: {
                  allowPrivilegeEscalation: false,
                  capabilities: { drop: ['ALL'], add: expect.arrayContaining(['SETUID', 'CHOWN']) },
                },
              },
            ],
          },
        },
      },
    });
  });

  it('keeps secrets in the Secret alone', () => {
    const elsewhere = planObjects(input).filter((m) => m.kind !== 'Secret');
    expect(JSON.stringify(elsewhere)).not.toContain('s3cret');
    expect(find('Secret', 'hello-7')).toMatchObject({
      immutable: true,
      data: { TOKEN: Buffer.from('s3cret').toString('base64') },
    });
  });

  it("sets PORT, and leaves the owner's own PORT alone", () => {
    const env = (variables: Record<string, string>): string =>
      JSON.stringify(planObjects({ ...input, variables }).find((m) => line(m) === 'Deployment/hello-web'));
    expect(env({})).toContain('{"name":"PORT","value":"8080"}');
    expect(env({ PORT: '3000' })).not.toContain('"name":"PORT"');
  });

  it('probes the path where one is given and the port where none is', () => {
    const probe = (healthCheck?: { path: string }) =>
      JSON.stringify(
        planObjects({ ...input, processes: { web: { port: 3000, healthCheck } } }).find((m) => m.kind === 'Deployment'),
      );
    expect(probe()).toContain('"tcpSocket":{"port":3000}');
    expect(probe({ path: '/up' })).toContain('"httpGet":{"path":"/up","port":3000,"scheme":"HTTP"}');
  });

  it('routes nothing without a web process', () => {
    const kinds = planObjects({ ...input, processes: { worker: {} } }).map((m) => m.kind);
    expect(kinds).toEqual(['ConfigMap', 'Secret', 'Deployment']);
  });
});

describe('host names with certificates', () => {
  const processes = { a: resolveProcesses({ web: {} }, {}) };
  const hostnames = [...input.hostnames, 'shop.test', 'www.shop.test'];
  const calm: TrafficInput = { ...input, hostnames, stable: 'a', processes, weight: 0, matches: [], mirrored: 0 };
  const hosts = [
    { hostname: 'shop.test', secret: 'hello.tls-1' },
    { hostname: 'www.shop.test', secret: 'named' },
  ];

  it('have listeners of the application’s own, and the route is theirs too', () => {
    const planned = planTraffic({ ...calm, secured: { port: 7643, hosts } });
    expect(planned.find(({ kind }) => kind === 'ListenerSet')).toMatchObject({
      metadata: { name: 'hello', namespace: 'acme-shop-production' },
      spec: {
        parentRef: { kind: 'Gateway', name: 'slipway', namespace: 'slipway-system' },
        listeners: [
          {
            name: expect.stringMatching(/^h-[0-9a-f]{16}$/),
            hostname: 'shop.test',
            port: 7643,
            protocol: 'HTTPS',
            tls: { mode: 'Terminate', certificateRefs: [{ kind: 'Secret', name: 'hello.tls-1' }] },
            allowedRoutes: { namespaces: { from: 'Same' } },
          },
          { hostname: 'www.shop.test' },
        ],
      },
    });
    const parentRefs = [{ kind: 'Gateway' }, { kind: 'ListenerSet', name: 'hello' }];
    expect(planned.find(({ kind }) => kind === 'HTTPRoute')).toMatchObject({ spec: { parentRefs } });
  });

  it('change nothing where there is none', () => {
    expect(planTraffic({ ...calm, secured: { port: 7643, hosts: [] } })).toEqual(planTraffic(calm));
    expect(planTraffic({ ...calm, processes: { a: [] }, secured: { port: 7643, hosts } })).toEqual([]);
  });

  const namesOf = (planned: readonly Manifest[]) =>
    planned.flatMap(({ kind, metadata, spec }) => {
      const { hostnames, parentRefs } = Object(spec);
      const parents = (parentRefs ?? []).map(
        (ref: { kind: string; sectionName?: string }) => ref.sectionName ?? ref.kind,
      );
      return kind === 'HTTPRoute' ? [[metadata.name, hostnames, parents]] : [];
    });
  const only = (hostname: string) => ({ hostname, secret: 's', isOnly: true });

  it('send who asks without TLS there, where that is asked for: by the same address, for good', () => {
    const planned = planTraffic({ ...calm, secured: { port: 7643, hosts: [...hosts.slice(1), only('shop.test')] } });
    expect(namesOf(planned)).toEqual([
      ['hello.redirect', ['shop.test'], ['http']],
      ['hello.https', ['shop.test'], ['https', 'ListenerSet']],
      ['hello', calm.hostnames.filter((each) => each !== 'shop.test'), ['Gateway', 'ListenerSet']],
    ]);
    const [redirect, secure, both] = planned.filter(({ kind }) => kind === 'HTTPRoute');
    const requestRedirect = { scheme: 'https', port: 7643, statusCode: 301 };
    expect(Object(redirect?.['spec']).rules).toEqual([
      {
        matches: [{ path: { type: 'PathPrefix', value: '/' } }],
        filters: [{ type: 'RequestRedirect', requestRedirect }],
      },
    ]);
    expect(Object(secure?.['spec']).rules).toEqual(Object(both?.['spec']).rules);
    const usual = planTraffic({ ...calm, secured: { port: 443, hosts: [only('shop.test')] } });
    expect(JSON.stringify(usual)).toContain('"requestRedirect":{"scheme":"https","statusCode":301}');
  });

  it('are never led to all host names where all of them are for TLS alone', () => {
    const planned = planTraffic({ ...calm, secured: { port: 7643, hosts: calm.hostnames.map(only) } });
    expect(namesOf(planned)).toEqual([
      ['hello.redirect', calm.hostnames, ['http']],
      ['hello', calm.hostnames, ['https', 'ListenerSet']],
    ]);
  });

  it('have their Secrets renewed in place', () => {
    const [secret] = planCertificates(input, [{ secret: 'hello.tls-1', chain: 'chain', key: 'key' }]);
    expect(secret).toMatchObject({ kind: 'Secret', type: 'kubernetes.io/tls', metadata: { name: 'hello.tls-1' } });
    expect(secret).toMatchObject({ data: { 'tls.crt': btoa('chain'), 'tls.key': btoa('key') } });
    expect(secret).not.toHaveProperty('immutable');
  });
});

describe('planTraffic', () => {
  const web = resolveProcesses({ web: {} }, {});
  const traffic = (more: Partial<TrafficInput> = {}) =>
    planTraffic({
      ...input,
      stable: 'a',
      processes: { a: web, b: web },
      weight: 50,
      matches: [],
      mirrored: 0,
      ...more,
    });
  const route = (more: Partial<TrafficInput>, name = 'hello') =>
    traffic(more).find(({ kind, metadata }) => kind === 'HTTPRoute' && metadata.name === name);
  const backend = (slot: string, weight: number) => ({ name: `hello-slot-${slot}`, weight });

  it('has requests wait while the old pods end before the new ones begin, and no longer', () => {
    expect(route({ recreates: true })?.metadata.annotations).toMatchObject({ 'slipway.dev/hold': '50s' });
    expect(route({})?.metadata.annotations).toMatchObject({ 'slipway.dev/hold': null });
  });

  it('shares by weight, and sends who matches a header, a cookie or a parameter to the candidate', () => {
    const matches = [
      { headers: [{ type: 'Exact', name: 'X-Team', value: 'qa' }] },
      { queryParams: [{ type: 'RegularExpression', name: 'ui', value: 'new.*' }] },
    ] as const;
    const path = { type: 'PathPrefix', value: '/' };
    expect(route({ matches })?.['spec']).toMatchObject({
      rules: [
        { matches: matches.map((match) => ({ path, ...match })), backendRefs: [backend('b', 1)] },
        { matches: [{ path }], backendRefs: [backend('a', 950), backend('b', 50)] },
      ],
    });
  });

  it('gives other Services their share beside the candidate, and the stable slot what is left', () => {
    const shares = [
      { service: 'hello-exp-baseline', weight: 30 },
      { service: 'hello-exp-canary', weight: 920 },
    ];
    const others = [
      { name: 'hello-exp-baseline', port: 80, weight: 30 },
      { name: 'hello-exp-canary', port: 80, weight: 920 },
    ];
    for (const [stable, own] of [
      ['a', [backend('a', 0), backend('b', 50)]],
      ['b', [backend('a', 50), backend('b', 0)]],
    ] as const)
      expect(route({ shares, stable })?.['spec']).toMatchObject({ rules: [{ backendRefs: [...own, ...others] }] });
  });

  it('has one rule without a match, which copies where that is asked', () => {
    expect(route({ mirrored: 20 })?.['spec']).toMatchObject({
      rules: [{ filters: [{ requestMirror: { backendRef: { name: 'hello-slot-b' }, percent: 20 } }] }],
    });
  });

  it('gives the candidate a name of its own, under which no stable pod answers', () => {
    expect(route({ previewHostname: 'preview-1.apps.test', stable: 'b' }, 'hello.preview')?.['spec']).toMatchObject({
      hostnames: ['preview-1.apps.test'],
      rules: [{ backendRefs: [backend('a', 1)] }],
    });
    expect(route({}, 'hello.preview')).toBeUndefined();
  });
});

describe('resolveProcesses', () => {
  it("lets an environment's scaling win over the release", () => {
    const [web] = resolveProcesses(
      { web: { replicas: 2, resources: { cpu: '1' } } },
      { web: { replicas: 0, resources: { memory: '1Gi' } } },
    );
    expect(web).toMatchObject({ replicas: 0, resources: { cpu: '1', memory: '1Gi' } });
  });
});

describe('quantities', () => {
  it.each([
    ['250m', 250],
    ['1.5', 1500],
    ['2', 2000],
    ['x', undefined],
  ])('cpu %s is %s milli', (text, millis) => expect(parseCpuMillis(text)).toBe(millis));
  it.each([
    ['64Mi', 67108864],
    ['1G', 1e9],
    ['1024', 1024],
    ['5 apples', undefined],
  ])('memory %s is %s bytes', (text, bytes) => expect(parseMemoryBytes(text)).toBe(bytes));
});
