import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { findFreePort, postgresBin } from '@slipway/orchestrator/testing';
import pg from 'pg';
import type { Figure } from './figure.js';
import { LeanClient, requestBytes } from './lean-client.js';

export interface Floors {
  figures: Figure[];
  /** What each, by its name, reached with so many clients. */
  perSecond: Record<1 | 16, Record<string, number>>;
}

const clientCounts = [1, 16] as const;

/** What the machine can do at all: single-row inserts that are on disk, and etcd's put where etcd is installed. */
export async function measureFloors(databaseUrl: string, directory: string): Promise<Floors> {
  const floors: Floors = { figures: [], perSecond: { 1: {}, 16: {} } };
  await measurePostgres(databaseUrl, directory, floors);
  await measureEtcd(directory, floors);
  return floors;
}

async function measurePostgres(databaseUrl: string, directory: string, floors: Floors): Promise<void> {
  const pgbench = [join(postgresBin(), 'pgbench'), '/usr/bin/pgbench'].find((path) => existsSync(path));
  if (!pgbench) {
    console.log('pgbench is not installed: no floor of PostgreSQL (apt-get install postgresql-contrib)');
    return;
  }
  const client = new pg.Client({ connectionString: databaseUrl });
  await client.connect();
  await client.query('create table if not exists floor (id bigserial primary key, data text not null)');
  const file = join(directory, 'insert.sql');
  writeFileSync(file, `insert into floor (data) values (repeat('x', 1000));\n`);
  for (const clients of clientCounts) {
    const args = ['-n', '-M', 'prepared', '-f', file, '-c', String(clients), '-j', '1', '-T', '4', databaseUrl];
    const text = execFileSync(pgbench, args, { encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] });
    const rate = Number(/tps = ([\d.]+)/.exec(text)?.[1]);
    floors.figures.push({ name: `floor: pgbench insert, clients: ${clients}`, value: rate, unit: '/s' });
    floors.perSecond[clients]['pgbench'] = rate;
  }
  await client.query('drop table floor');
  await client.end();
}

async function measureEtcd(directory: string, floors: Floors): Promise<void> {
  const etcd = '/usr/bin/etcd';
  if (!existsSync(etcd)) {
    console.log('etcd is not installed: no floor of etcd (apt-get install etcd-server)');
    return;
  }
  const [port, peer] = [await findFreePort(), await findFreePort()];
  const url = `http://127.0.0.1:${port}`;
  const args = ['--data-dir', join(directory, 'etcd'), '--listen-client-urls', url, '--advertise-client-urls', url];
  const child = spawn(etcd, [...args, '--listen-peer-urls', `http://127.0.0.1:${peer}`], { stdio: 'ignore' });
  const gone = once(child, 'exit');
  try {
    const target = { host: '127.0.0.1', port };
    for (let tries = 0; ; tries++) {
      try {
        (await LeanClient.open(target)).close();
        break;
      } catch (error) {
        if (tries > 100) throw error;
        await new Promise((resolve) => setTimeout(resolve, 100));
      }
    }
    const value = Buffer.alloc(1000, 'x').toString('base64');
    let next = 0;
    for (const clients of clientCounts) {
      const connections = await Promise.all(Array.from({ length: clients }, () => LeanClient.open(target)));
      const until = performance.now() + 4_000;
      let done = 0;
      await Promise.all(
        connections.map(async (connection) => {
          while (performance.now() < until) {
            const key = Buffer.from(`floor-${next++}`).toString('base64');
            const { status } = await connection.send(
              requestBytes('POST', '/v3/kv/put', JSON.stringify({ key, value })),
            );
            if (status === 200) done++;
          }
          connection.close();
        }),
      );
      floors.figures.push({
        name: `floor: etcd put, clients: ${clients}`,
        value: done / 4,
        unit: '/s',
        note: 'HTTP gateway',
      });
      floors.perSecond[clients]['etcd'] = done / 4;
    }
  } finally {
    child.kill('SIGKILL');
    await gone;
  }
}
