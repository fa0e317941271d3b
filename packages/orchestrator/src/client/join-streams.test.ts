import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Socket } from 'node:net';
import { expect, it } from 'vitest';
import { joinStreams } from './join-streams.js';

async function pair(): Promise<[Socket, Socket]> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const client = connect((server.address() as AddressInfo).port, '127.0.0.1');
  const [accepted] = (await once(server, 'connection')) as [Socket];
  server.close();
  return [client, accepted];
}

it('hands over all that a side wrote before it closed', async () => {
  const [caller, near] = await pair();
  const [far, runtime] = await pair();
  joinStreams(near, far);
  const said = Buffer.alloc(2_000_000, 'x');
  runtime.write(said, () => runtime.destroy());
  let received = 0;
  for await (const chunk of caller) received += (chunk as Buffer).length;
  expect(received).toBe(said.length);
});

it('ends the other side when one is gone', async () => {
  const [caller, near] = await pair();
  const [far, runtime] = await pair();
  joinStreams(near, far);
  runtime.resume();
  caller.destroy();
  await once(runtime, 'close');
  expect(far.destroyed).toBe(true);
});
