import { afterAll, beforeAll, expect, inject, test } from 'vitest';
import { startTestCluster, type TestCluster } from '../testing/index.js';

let cluster: TestCluster;
beforeAll(async () => {
  cluster = await startTestCluster({ databaseUrl: inject('databaseUrl') });
});
afterAll(() => cluster.stop());

const metrics = async () => (await cluster.client.request('GET', '/metrics')).text();
const configMaps = '/api/v1/namespaces/default/configmaps';

test('requests are counted under the names and labels that upstream gives them', async () => {
  const watch = await cluster.client.request('GET', `${configMaps}?watch=true&resourceVersion=0&timeoutSeconds=30`);
  await cluster.client.request('POST', configMaps, { body: { metadata: { name: 'counted' } } });
  await (await cluster.client.request('GET', `${configMaps}/counted`)).text();
  await (await cluster.client.request('GET', '/api/v1/configmaps')).text();
  const text = await metrics();
  const of = (verb: string, scope: string) =>
    `verb="${verb}",group="",version="v1",resource="configmaps",subresource="",scope="${scope}",component="apiserver"`;
  expect(text).toContain(`apiserver_request_total{${of('POST', 'namespace')},dry_run="",code="201"} 1`);
  expect(text).toContain(`apiserver_request_duration_seconds_count{${of('GET', 'resource')},dry_run=""} 1`);
  expect(text).toContain(`apiserver_response_sizes_count{${of('GET', 'resource')}} 1`);
  expect(text).toContain(`apiserver_request_total{${of('LIST', 'cluster')},dry_run="",code="200"} 1`);
  expect(text).toContain(`apiserver_longrunning_requests{${of('WATCH', 'namespace')}} 1`);
  expect(text).toMatch(/apiserver_watch_events_total\{group="",version="v1",resource="configmaps"\} [1-9]/);
  expect(text).toContain('apiserver_current_inflight_requests{request_kind="readOnly"} 1');
  expect(text).toContain('apiserver_resource_objects{group="flowcontrol.apiserver.k8s.io",resource="flowschemas"} 13');
  await watch.body?.cancel();
});

test('what anybody may name is no label', async () => {
  await cluster.client.request('GET', '/apis/made.up/v1/anythings').catch(() => undefined);
  expect(await metrics()).not.toContain('anythings');
});
