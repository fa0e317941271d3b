import { createServer, type Server, type ServerResponse } from 'node:http';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createKubeClient, type KubeClient, KubeError } from '../client/index.js';
import { type ConfigMap, configMaps } from '../kinds/index.js';
import { createInformer, type Informer } from './informer.js';

/** The wire protocol of list and watch, played by hand, so that a test can lose events and break connections. */
class Wire {
  objects: ConfigMap[] = [];
  revision = 1;
  lists = 0;
  watches: { from: string | null; response: ServerResponse }[] = [];
  refuseWatchWith: number | undefined;
  server: Server = createServer((request, response) => {
    const { searchParams } = new URL(request.url ?? '', 'http://wire');
    response.setHeader('content-type', 'application/json');
    if (searchParams.get('watch') !== 'true') {
      this.lists += 1;
      const metadata = { resourceVersion: String(this.revision) };
      response.end(JSON.stringify({ apiVersion: 'v1', kind: 'ConfigMapList', metadata, items: this.objects }));
      return;
    }
    if (this.refuseWatchWith !== undefined) {
      const code = this.refuseWatchWith;
      this.refuseWatchWith = undefined;
      response.statusCode = code;
      response.end(JSON.stringify({ kind: 'Status', code, reason: 'Expired', message: 'too old' }));
      return;
    }
    response.flushHeaders();
    this.watches.push({ from: searchParams.get('resourceVersion'), response });
  });

  object(name: string): ConfigMap {
    this.revision += 1;
    return { metadata: { name, namespace: 'shop', uid: name, resourceVersion: String(this.revision) } };
  }

  send(type: string, object: ConfigMap): void {
    const text = `${JSON.stringify({ type, object })}\n`;
    const response = this.watches.at(-1)?.response;
    // In two pieces, as networks do.
    response?.write(text.slice(0, 9));
    response?.write(text.slice(9));
  }
}

async function eventually(check: () => void): Promise<void> {
  const until = performance.now() + 5000;
  for (;;) {
    try {
      return check();
    } catch (error) {
      if (performance.now() > until) throw error;
      await new Promise((resolve) => setTimeout(resolve, 5));
    }
  }
}

describe('an informer', () => {
  let wire: Wire;
  let client: KubeClient;
  let informer: Informer<ConfigMap>;
  let stopping: AbortController;
  let running: Promise<void>;
  const changes: string[] = [];
  const names = () => informer.list('shop').map(({ metadata }) => metadata.name);

  const start = async (resyncSeconds: number) => {
    informer = createInformer(client, configMaps, { resyncSeconds });
    changes.length = 0;
    informer.onChange(({ type, object }) => changes.push(`${type} ${object.metadata.name}`));
    running = informer.start(stopping.signal);
    await informer.synced();
    await eventually(() => expect(wire.watches.length).toBe(1));
  };
  beforeEach(async () => {
    wire = new Wire();
    await new Promise<void>((resolve) => wire.server.listen(0, '127.0.0.1', resolve));
    const address = wire.server.address();
    client = createKubeClient({ server: `http://127.0.0.1:${typeof address === 'object' ? address?.port : 0}` });
    stopping = new AbortController();
  });
  afterEach(async () => {
    stopping.abort();
    await running;
    await client.close();
    wire.server.closeAllConnections();
    wire.server.close();
  });

  it('lists, then follows', async () => {
    wire.objects = [wire.object('a')];
    await start(0);
    wire.send('ADDED', wire.object('b'));
    const changed = wire.object('a');
    wire.send('MODIFIED', changed);
    wire.send('DELETED', wire.object('b'));
    expect(await informer.caughtUp(String(wire.revision))).toBe(true);
    expect(changes).toEqual(['added a', 'added b', 'changed a', 'removed b']);
    expect(names()).toEqual(['a']);
    expect(informer.get('shop/a')).toMatchObject({ kind: 'ConfigMap', metadata: changed.metadata });
  });

  it('takes a broken watch up again where it was, bookmarks included', async () => {
    await start(0);
    wire.send('ADDED', wire.object('a'));
    wire.send('BOOKMARK', { metadata: { name: '', resourceVersion: '50' } });
    expect(await informer.caughtUp('50')).toBe(true);
    wire.watches[0]?.response.destroy();
    await eventually(() => expect(wire.watches.map(({ from }) => from)).toEqual(['1', '50']));
    expect(wire.lists).toBe(1);
  });

  it('lists again when its revision is too old, and tells only what is different', async () => {
    wire.objects = [wire.object('a'), wire.object('b')];
    await start(0);
    wire.refuseWatchWith = 410;
    wire.objects = [wire.objects[0] ?? wire.object('a'), wire.object('c')];
    wire.watches[0]?.response.end();
    await eventually(() => expect(wire.lists).toBe(2));
    await eventually(() => expect(changes).toEqual(['added a', 'added b', 'added c', 'removed b']));
  });

  it('finds by its resync what the watch has lost', async () => {
    await start(0.2);
    wire.objects = [wire.object('lost')];
    await eventually(() => expect(names()).toEqual(['lost']));
  });

  it('takes an object of the same name for another one', async () => {
    wire.objects = [wire.object('a')];
    await start(0);
    const again = wire.object('a');
    wire.send('ADDED', { metadata: { ...again.metadata, uid: 'second' } });
    await eventually(() => expect(changes).toEqual(['added a', 'removed a', 'added a']));
  });
});

describe('a client', () => {
  it('throws what the Status says, and ends a watch quietly when asked to', async () => {
    const wire = new Wire();
    await new Promise<void>((resolve) => wire.server.listen(0, '127.0.0.1', resolve));
    const address = wire.server.address();
    const client = createKubeClient({ server: `http://127.0.0.1:${typeof address === 'object' ? address?.port : 0}` });
    wire.refuseWatchWith = 410;
    const follow = async (signal: AbortSignal) => {
      for await (const event of client.watch(configMaps, { signal })) expect(event).toBeUndefined();
    };
    const refusal = await follow(new AbortController().signal).catch((error: unknown) => error);
    expect(refusal).toBeInstanceOf(KubeError);
    expect(refusal).toMatchObject({ code: 410, reason: 'Expired', message: 'too old' });
    const ending = new AbortController();
    const followed = follow(ending.signal);
    await eventually(() => expect(wire.watches.length).toBe(1));
    ending.abort();
    await followed;
    await client.close();
    wire.server.closeAllConnections();
    await new Promise((resolve) => wire.server.close(resolve));
    await expect(client.list(configMaps)).rejects.toThrow(/no answer from the cluster/);
  });
});
