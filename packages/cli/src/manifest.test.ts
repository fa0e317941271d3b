import { describe, expect, test } from 'vitest';
import { toChange } from './commands/deploy.js';
import { parseManifest } from './manifest.js';
import type { Application } from './types.js';

describe('slipway.yaml', () => {
  test('names the application, its build and its processes', () => {
    const manifest = parseManifest(`
application: shop
build: { dockerfile: deploy/Dockerfile }
processes:
  web: { port: 8080, replicas: 2, healthCheck: { path: /healthz }, resources: { cpu: 250m, memory: 128Mi } }
  worker: { command: node worker.js }
`);
    expect(manifest).toMatchObject({
      application: 'shop',
      build: { dockerfile: 'deploy/Dockerfile' },
      processes: {
        web: {
          port: 8080,
          replicas: 2,
          healthCheck: { path: '/healthz' },
          resources: { cpu: '250m', memory: '128Mi' },
        },
        worker: { command: 'node worker.js' },
      },
    });
  });

  test('says what is done before and after a rollout', () => {
    const hooks = parseManifest(`
hooks:
  before: { command: npm run migrate, timeoutSeconds: 600 }
  after: { probe: { path: /healthz, expectedStatus: 204 } }
`).hooks;
    expect(hooks).toMatchObject({
      before: { command: 'npm run migrate', timeoutSeconds: 600 },
      after: { probe: { path: '/healthz', expectedStatus: 204 } },
    });
    const existing = { source: { type: 'archive' }, hooks: { before: { command: 'old' } } } as unknown as Application;
    expect(toChange(existing, { hooks: { before: { command: 'new' } } }, {})).toEqual({
      hooks: { before: { command: 'new' }, after: null },
    });
    expect(toChange(existing, { hooks: { before: { command: 'old' } } }, {})).toBeUndefined();
  });

  test.each([
    ['hooks: { during: {} }', 'hooks.during: unknown field'],
    ['hooks: { before: {} }', 'hooks.before.command: text or a list'],
    ['hooks: { after: { probe: {} } }', 'hooks.after.probe.path: text'],
    ['prot: 1', 'prot: unknown field'],
    ['processes: { web: { prot: 1 } }', 'processes.web.prot: unknown field'],
    ['processes: { web: { port: 70000 } }', 'processes.web.port: a whole number'],
    ['processes: { Web: {} }', 'processes.Web: a name'],
    ['processes: { web: { resources: { memory: lots } } }', 'processes.web.resources.memory: an amount'],
    ['application: [a]', 'application: a name'],
    ['a: [', 'slipway.yaml: '],
    ['- a', 'a mapping is expected'],
  ])('%s is refused by its path', (text, message) => {
    expect(() => parseManifest(text)).toThrow(message);
  });

  test('an empty file says nothing', () => {
    expect(parseManifest('')).toEqual({});
  });
});

describe('deploying to an application that exists', () => {
  const existing: Application = {
    id: '1',
    name: 'shop',
    createdAt: '',
    updatedAt: '',
    version: 1,
    displayName: 'shop',
    state: 'active',
    hooks: {},
    gitUrl: '',
    environments: [],
    source: { type: 'git', url: 'https://a/b.git' },
    build: { dockerfile: 'Dockerfile', context: '.' },
    processes: { web: { port: 8080, replicas: 3 } },
  };

  test('changes nothing when the file says what is there', () => {
    expect(toChange(existing, { build: { context: '.' }, processes: { web: { port: 8080 } } }, {})).toBeUndefined();
    expect(toChange(existing, undefined, { git: 'https://a/b.git' })).toBeUndefined();
  });

  test('leaves the replicas to scale', () => {
    expect(toChange(existing, { processes: { web: { port: 8080, replicas: 1 } } }, {})).toBeUndefined();
    expect(toChange(existing, { processes: { web: { port: 9090, replicas: 1 } } }, {})).toEqual({
      processes: { web: { port: 9090 } },
    });
  });

  test('adds processes, another build and another repository', () => {
    expect(
      toChange(
        existing,
        { build: { context: 'app' }, processes: { worker: { replicas: 2 } } },
        { git: 'https://c/d.git', ref: 'main' },
      ),
    ).toEqual({
      build: { context: 'app' },
      processes: { worker: { replicas: 2 } },
      source: { type: 'git', url: 'https://c/d.git', ref: 'main' },
    });
  });
});
