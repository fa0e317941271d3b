import { afterAll, beforeAll, describe, expect, inject, test } from 'vitest';
import { type CustomResourceDefinition, customResourceDefinitions, httpRoutes } from '../../../kinds/index.js';
import { startTestCluster, type TestCluster } from '../../../testing/index.js';

const name = 'httproutes.gateway.networking.k8s.io';
const bundle = 'gateway.networking.k8s.io/bundle-version';

describe('the definitions that come with the server', () => {
  let first: TestCluster;
  let cluster: TestCluster;

  const restart = async () => {
    await cluster.client.close();
    await cluster.server.stop();
    const { database, directory } = first;
    cluster = await startTestCluster({ databaseUrl: inject('databaseUrl'), database, directory });
  };
  const definition = (): Promise<CustomResourceDefinition> => cluster.client.get(customResourceDefinitions, name);
  const patch = (changes: object) =>
    cluster.client.patch(customResourceDefinitions, name, undefined, changes, { type: 'merge' });
  const firstColumn = async () => (await definition()).spec.versions[0]?.additionalPrinterColumns?.[0]?.name;
  /** Writes our columns back with the first of them renamed, as somebody's own release would. */
  const rename = async (annotations: Record<string, string | null>) => {
    const versions = structuredClone((await definition()).spec.versions);
    const column = versions[0]?.additionalPrinterColumns?.[0];
    if (!column) throw new Error('the definition has no columns');
    column.name = 'Own';
    await patch({ metadata: { annotations }, spec: { versions } });
  };

  beforeAll(async () => {
    first = await startTestCluster({ databaseUrl: inject('databaseUrl') });
    cluster = first;
  });
  afterAll(async () => {
    if (cluster !== first) await cluster.stop();
    await first.stop();
  });

  test('are there from the first request on, with their bundle said', async () => {
    const { items } = await cluster.client.list(customResourceDefinitions);
    expect(items).toHaveLength(13);
    expect((await definition()).metadata.annotations?.[bundle]).toBe('v1.6.3');
    expect((await cluster.client.list(httpRoutes)).items).toEqual([]);
  });

  test('stay as they are over a restart, with their objects', async () => {
    const metadata = { name: 'kept', namespace: 'default' };
    const rules = [{ backendRefs: [{ name: 'web', port: 80 }] }];
    await cluster.client.create(httpRoutes, {
      apiVersion: 'gateway.networking.k8s.io/v1',
      kind: 'HTTPRoute',
      metadata,
      spec: { rules },
    });
    const before = await definition();
    await restart();
    expect((await definition()).metadata.resourceVersion).toBe(before.metadata.resourceVersion);
    expect((await cluster.client.get(httpRoutes, 'kept', 'default')).spec.rules?.[0]?.backendRefs?.[0]?.name).toBe(
      'web',
    );
  });

  test('leave a newer bundle alone, and replace an older one', async () => {
    await rename({ [bundle]: 'v9.0.0' });
    await restart();
    expect(await firstColumn()).toBe('Own');
    await rename({ [bundle]: 'v1.1.0' });
    await restart();
    expect(await firstColumn()).toBe('Hostnames');
    expect((await definition()).metadata.annotations?.[bundle]).toBe('v1.6.3');
  });

  test('leave alone what somebody has changed, and another channel', async () => {
    await rename({});
    await restart();
    expect(await firstColumn()).toBe('Own');
    await rename({ [bundle]: 'v1.1.0', 'gateway.networking.k8s.io/channel': 'experimental' });
    await restart();
    expect(await firstColumn()).toBe('Own');
  });
});
