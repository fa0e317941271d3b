import { afterAll, beforeAll, expect, inject, it } from 'vitest';
import { Database, notify } from './database.js';

const channel = 'slipway_test';
let database: Database;
let other: Database;
const [here, there]: [string[], string[]] = [[], []];
const ends: (() => Promise<void>)[] = [];

beforeAll(async () => {
  const config = { databaseUrl: inject('databaseUrl') };
  [database, other] = [new Database(config), new Database(config)];
  const listen = async (to: Database, seen: string[]) =>
    ends.push(
      await to.listen(
        channel,
        (text) => seen.push(text),
        () => undefined,
      ),
    );
  await listen(database, here);
  await listen(other, there);
});
afterAll(async () => {
  for (const end of ends) await end();
  for (const each of [database, other]) await each?.onApplicationShutdown();
});

it('who listens in this process is told before the transaction is over for its caller, others soon after', async () => {
  await database.transaction((tx) => notify(tx, channel, 'one'));
  expect(here).toContain('one');
  await expect.poll(() => there).toEqual(['one']);
});

it('nobody is told of what was taken back', async () => {
  const failing = database.transaction(async (tx) => {
    await notify(tx, channel, 'two');
    throw new Error('taken back');
  });
  await expect(failing).rejects.toThrow('taken back');
  await database.transaction((tx) => notify(tx, channel, 'three'));
  await expect.poll(() => there).toEqual(['one', 'three']);
  expect(here).not.toContain('two');
});
