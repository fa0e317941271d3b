import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, expect, it, vi } from 'vitest';
import { systemClock } from '../../runtime/index.js';
import { createProbes, type ProbeTarget } from './probes.js';

const probes = createProbes({} as never, systemClock);
afterEach(() => probes.stopAll());
const silent = { changed: () => undefined, failed: () => undefined };

function targetOf(containerId: string, port: number, before?: ProbeTarget['before']): ProbeTarget {
  const check = { httpGet: { path: '/', port }, periodSeconds: 1, failureThreshold: 1 };
  const container = { name: 'web', startupProbe: check, readinessProbe: check };
  return { container, containerId, podIp: '127.0.0.1', startedAtMs: systemClock.now() - 60_000, before };
}

it('a container is ready and has started when its probes say so, and one that was keeps that until they do not', async () => {
  const server = createServer((_, response) => response.end());
  await new Promise<void>((resolve) => {
    server.listen(0, '127.0.0.1', resolve);
  });
  const { port } = server.address() as AddressInfo;
  probes.watch(targetOf('new', port), silent);
  expect(probes.verdictOf('new')).toEqual({ ready: false, started: false });
  probes.watch(targetOf('known', port, { ready: true, started: true }), silent);
  expect(probes.verdictOf('known')).toEqual({ ready: true, started: true });
  probes.watch(targetOf('unready', port, { ready: false, started: true }), silent);
  expect(probes.verdictOf('unready')).toEqual({ ready: false, started: true });
  for (const id of ['new', 'known', 'unready'])
    await vi.waitFor(() => expect(probes.verdictOf(id)).toEqual({ ready: true, started: true }), 5000);
  server.closeAllConnections();
  server.close();
  await vi.waitFor(() => expect(probes.verdictOf('known')).toMatchObject({ ready: false }), 5000);
});
