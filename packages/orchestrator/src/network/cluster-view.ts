import { type EndpointSlice, endpointSlices, type Service, services } from '../kinds/index.js';
import { createInformer, type Informer, type Stoppable } from '../runtime/index.js';
import type { NetworkContext } from './context.js';
import { serviceNameLabel } from './services/service-ports.js';

/** The Services of the cluster and their endpoints, shared by the address translation, the DNS and the gateway. */
export interface ClusterView extends Stoppable {
  readonly services: Informer<Service>;
  readonly slices: Informer<EndpointSlice>;
  findService(namespace: string, name: string): Service | undefined;
  slicesOf(namespace: string, name: string): EndpointSlice[];
  onChange(listener: () => void): () => void;
}

const byService = 'service';

export async function createClusterView({ client, clock, log, metrics }: NetworkContext): Promise<ClusterView> {
  const ending = new AbortController();
  const common = { clock, logger: log, metrics };
  const serviceInformer = createInformer(client, services, common);
  const slices = createInformer(client, endpointSlices, {
    ...common,
    indices: {
      [byService]: (slice) => {
        const name = slice.metadata.labels?.[serviceNameLabel];
        return name === undefined ? [] : [`${slice.metadata.namespace}/${name}`];
      },
    },
  });
  const running = [serviceInformer.start(ending.signal), slices.start(ending.signal)];
  await Promise.all([serviceInformer.synced(), slices.synced()]);
  return {
    services: serviceInformer,
    slices,
    findService: (namespace, name) => serviceInformer.get(`${namespace}/${name}`),
    slicesOf: (namespace, name) => slices.byIndex(byService, `${namespace}/${name}`),
    onChange: (listener) => {
      const ends = [serviceInformer.onChange(listener), slices.onChange(listener)];
      return () => {
        for (const end of ends) end();
      };
    },
    stop: async () => {
      ending.abort();
      await Promise.all(running);
    },
  };
}
