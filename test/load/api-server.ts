// Measures the embedded API server with its client on the same machine: creates, gets, lists and watches of 1 KB ConfigMaps.
//   node test/dist/load/api-server.js KUBECONFIG [creates]
import { createKubeClient, loadKubeconfig } from '@slipway/orchestrator/client';
import { configMaps, namespaces } from '@slipway/orchestrator/kinds';

const [kubeconfig, count = '3000'] = process.argv.slice(2);
if (!kubeconfig) throw new Error('name a kubeconfig: node test/dist/load/api-server.js KUBECONFIG [creates]');
const client = createKubeClient(await loadKubeconfig(kubeconfig));
const namespace = `load-${Date.now().toString(36)}`;
const data = { payload: 'x'.repeat(900) };

async function measure(
  title: string,
  total: number,
  workers: number,
  job: (index: number) => Promise<unknown>,
): Promise<void> {
  const times: number[] = [];
  let next = 0;
  const started = performance.now();
  await Promise.all(
    Array.from({ length: workers }, async () => {
      while (next < total) {
        const from = performance.now();
        await job(next++);
        times.push(performance.now() - from);
      }
    }),
  );
  const seconds = (performance.now() - started) / 1000;
  times.sort((a, b) => a - b);
  const at = (share: number) => (times[Math.floor(times.length * share)] ?? 0).toFixed(2);
  console.log(`${title}: ${Math.round(total / seconds)}/s, p50 ${at(0.5)} ms, p99 ${at(0.99)} ms`);
}

await client.create(namespaces, { metadata: { name: namespace }, spec: {} });
try {
  const total = Number(count);
  const create = (prefix: string) => (index: number) =>
    client.create(configMaps, { metadata: { name: `${prefix}-${index}`, namespace }, data });
  await measure('create, 1 client', Math.round(total / 3), 1, create('one'));
  await measure('create, 16 clients', total, 16, create('many'));
  await measure('get, 16 clients', total * 2, 16, (index) =>
    client.get(configMaps, `many-${index % total}`, namespace),
  );
  await measure('list of all, 1 client', 20, 1, () => client.list(configMaps, { namespace }));
  const stop = new AbortController();
  let seen = 0;
  const list = await client.list(configMaps, { namespace, limit: 1 });
  const { resourceVersion } = list.metadata;
  const watchers = Array.from({ length: 50 }, async () => {
    for await (const event of client.watch(configMaps, { namespace, resourceVersion, signal: stop.signal }))
      if (event.type === 'ADDED') seen++;
  });
  const started = performance.now();
  await measure('create, 16 clients, 50 watchers', Math.round(total / 3), 16, create('watched'));
  while (seen < Math.round(total / 3) * 50 && performance.now() - started < 60_000) await new Promise(setImmediate);
  console.log(`events to 50 watchers: ${seen}, ${Math.round(seen / ((performance.now() - started) / 1000))}/s`);
  stop.abort();
  await Promise.all(watchers);
} finally {
  await client.delete(namespaces, namespace);
  await client.close();
}
