import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { Keeper } from './keeper.js';
import type { Service } from './service.js';

it('stops while what it needs never gets ready', async () => {
  const service: Service = {
    name: 'worker',
    command: ['/bin/false'],
    env: {},
    needs: ['api'],
    address: '-',
    stopSignal: 'SIGTERM',
    startSeconds: 1,
    graceSeconds: 1,
  };
  const keeper = new Keeper(service, mkdtempSync(join(tmpdir(), 'slipway-keeper-')), () => undefined);
  keeper.start([new Promise(() => undefined)]);

  await keeper.stop();

  expect(keeper.status()).toMatchObject({ state: 'stopped', restarts: 0 });
});
