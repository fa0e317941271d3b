import { type ChildProcess, spawn } from 'node:child_process';
import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { createHaproxy, type GatewayModel } from '@slipway/orchestrator/network';
import { silentLogger, systemClock } from '@slipway/orchestrator/runtime';
import { findFreePort } from '@slipway/orchestrator/testing';
import type { Figure } from './figure.js';
import { printFigures } from './figure.js';
import { LeanClient, requestBytes } from './lean-client.js';

// `node test/dist/load/gateway.js`: how exact the weights are, how long a change of weight takes, and what our routing costs
// beside an HAProxy that knows one backend and nothing else.
const directory = mkdtempSync(join(tmpdir(), 'slipway-gateway-load-'));
const [answers, plain, ours] = [await findFreePort(), await findFreePort(), await findFreePort()];
const clients = 32;
const routes = 1000;
const defaults = [
  'defaults',
  '  mode http',
  '  timeout client 60s',
  '  timeout server 60s',
  '  timeout connect 3s',
  '  timeout http-keep-alive 60s',
];
const processes: ChildProcess[] = [];

async function startHaproxy(name: string, lines: readonly string[], ...more: string[]): Promise<void> {
  const file = join(directory, name);
  const socket = join(directory, `${name === 'haproxy.cfg' ? 'admin' : name}.sock`);
  const global = ['global', '  nbthread 2', `  stats socket ${socket} mode 600 level admin expose-fd listeners`];
  writeFileSync(file, `${[...global, ...defaults, ...lines].join('\n')}\n`);
  processes.push(spawn('haproxy', [...more, '-f', file], { stdio: 'ignore' }));
  while (!existsSync(socket)) await sleep(20);
}

/** Requests a second of `clients` connections, and how often each body came. */
async function ask(port: number, count: number): Promise<{ perSecond: number; bodies: Map<string, number> }> {
  const bodies = new Map<string, number>();
  const request = requestBytes('GET', '/');
  let left = count;
  const began = performance.now();
  await Promise.all(
    Array.from({ length: clients }, async () => {
      const client = await LeanClient.open({ host: '127.0.0.1', port });
      while (left > 0) {
        left -= 1;
        const { status, body } = await client.send(request);
        const name = status === 200 ? body.toString() : `status ${status}`;
        bodies.set(name, (bodies.get(name) ?? 0) + 1);
      }
      client.close();
    }),
  );
  return { perSecond: count / ((performance.now() - began) / 1000), bodies };
}

function model(weight: number): GatewayModel {
  const rule = (id: string, host: string, first: number) => ({
    id,
    host,
    path: { type: 'PathPrefix' as const, value: '/' },
    conditions: [],
    filters: [],
    mirrors: [],
    targets: [
      { backend: 'load_new_80', weight: first },
      { backend: 'load_old_80', weight: 1000 - first },
    ],
  });
  return {
    backends: [
      { name: 'load_new_80', servers: [`127.0.0.1:${answers}`] },
      { name: 'load_old_80', servers: [`127.0.0.2:${answers}`] },
    ],
    rules: [
      rule('rlocal', 'localhost', weight),
      ...Array.from({ length: routes - 1 }, (_, index) => rule(`r${index}`, `app-${index}.test`, 0)),
    ],
  };
}

try {
  await startHaproxy('answers.cfg', [
    'frontend answers',
    `  bind 127.0.0.1:${answers}`,
    `  bind 127.0.0.2:${answers}`,
    '  http-request return status 200 content-type text/plain string new if { dst 127.0.0.1 }',
    '  http-request return status 200 content-type text/plain string old',
  ]);
  await startHaproxy('plain.cfg', [
    'frontend plain',
    `  bind 127.0.0.1:${plain}`,
    '  default_backend only',
    'backend only',
    `  server one 127.0.0.1:${answers}`,
  ]);
  await startHaproxy(
    'haproxy.cfg',
    ['frontend none', `  bind 127.0.0.1:${ours}`],
    '-W',
    '-S',
    join(directory, 'master.sock'),
  );
  const haproxy = createHaproxy(
    { directory, bind: '127.0.0.1', httpPort: ours },
    { clock: systemClock, log: silentLogger },
  );
  await haproxy.apply(model(0));

  const figures: Figure[] = [];
  for (const percent of [1, 5, 10, 50, 90, 99]) {
    await haproxy.apply(model(percent * 10));
    const { bodies } = await ask(ours, 10_000);
    const observed = (bodies.get('new') ?? 0) / 100;
    figures.push({
      name: `weight ${percent} %: off by`,
      value: Math.abs(observed - percent),
      unit: '%',
      aim: { most: 1 },
      note: `of 10,000 requests; ${bodies.size - 1 - (bodies.has('old') ? 1 : 0)} failed`,
    });
  }
  const changes: number[] = [];
  for (let index = 0; index < 200; index += 1) {
    const began = performance.now();
    await haproxy.apply(model(index % 2 === 0 ? 500 : 0));
    changes.push(performance.now() - began);
  }
  changes.sort((a, b) => a - b);
  figures.push({ name: `change of weight, ${routes} routes, p99`, value: changes[197] ?? 0, unit: 'ms' });
  await ask(plain, 5000);
  const best = async (port: number) =>
    Math.max((await ask(port, 30_000)).perSecond, (await ask(port, 30_000)).perSecond);
  const [bare, routed] = [await best(plain), await best(ours)];
  figures.push({ name: 'plain HAProxy', value: bare, unit: 'req/s', note: `${clients} connections` });
  figures.push({
    name: `gateway, ${routes} routes`,
    value: routed,
    unit: 'req/s',
    note: `${(routed / bare).toFixed(2)} of plain HAProxy`,
  });
  await haproxy.stop();
  printFigures(figures);
} finally {
  for (const child of processes) child.kill('SIGTERM');
  rmSync(directory, { recursive: true, force: true });
}
