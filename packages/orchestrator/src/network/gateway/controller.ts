import { join } from 'node:path';
import { isNotFound } from '../../client/index.js';
import {
  endpointSlices,
  type GatewayClass,
  gatewayClasses,
  gateways,
  type HTTPRoute,
  httpRoutes,
  type KubeObject,
  type ResourceType,
  services,
} from '../../kinds/index.js';
import type { NodeContext } from '../../node/context.js';
import {
  createBackoff,
  createController,
  createInformer,
  keyOf,
  type Stoppable,
  sourceOf,
  toTime,
} from '../../runtime/index.js';
import { ensureDefaultCertificate } from './certificate.js';
import { compile, type Observed } from './compile.js';
import { createHaproxy } from './haproxy.js';
import type { GatewayOptions } from './haproxy-config.js';
import { startRequestLog } from './request-log.js';
import { controllerName, toClassStatus, toGatewayStatus, toRouteStatus } from './status.js';

export interface StartGatewayOptions extends GatewayOptions {
  /** The default certificate is for `*.<appsDomain>`. */
  readonly appsDomain: string;
}

const className = 'slipway';
const gatewayName = 'slipway';
const gatewayNamespace = 'slipway-system';
/** All of HAProxy is one thing to reconcile. */
const whole = 'haproxy';
const serviceLabel = 'kubernetes.io/service-name';

/** Keeps HAProxy at what Gateways, HTTPRoutes, Services and EndpointSlices say, and says in their status what is served. */
export async function startGateway(context: NodeContext, options: StartGatewayOptions): Promise<Stoppable> {
  const { client, clock, metrics } = context;
  const log = context.log.child({ part: 'gateway' });
  const stopping = new AbortController();
  const parts = { clock, logger: log, metrics };
  const informers = {
    classes: createInformer(client, gatewayClasses, parts),
    gateways: createInformer(client, gateways, parts),
    routes: createInformer(client, httpRoutes, parts),
    services: createInformer(client, services, parts),
    slices: createInformer(client, endpointSlices, {
      ...parts,
      indices: { service: (slice) => [`${slice.metadata.namespace}/${slice.metadata.labels?.[serviceLabel] ?? ''}`] },
    }),
  };
  await ensureDefaultCertificate(options.directory, options.appsDomain, clock.now());
  const haproxy = createHaproxy(options, { clock, log });
  const requestLog = await startRequestLog(join(options.directory, 'log.sock'), metrics);

  const observe = (): Observed => {
    const classes = new Set(
      informers.classes
        .list()
        .filter((gatewayClass) => gatewayClass.spec.controllerName === controllerName)
        .map((gatewayClass) => gatewayClass.metadata.name),
    );
    return {
      gateways: informers.gateways.list().filter((gateway) => classes.has(gateway.spec.gatewayClassName)),
      routes: informers.routes.list().filter((route) => route.metadata.deletionTimestamp === undefined),
      service: (namespace, name) => informers.services.get(`${namespace}/${name}`),
      endpointSlices: (namespace, service) => informers.slices.byIndex('service', `${namespace}/${service}`),
    };
  };

  const report = async <T extends KubeObject & { status?: unknown }>(
    type: ResourceType<T>,
    object: T,
    status: T['status'],
  ) => {
    if (JSON.stringify(object.status) === JSON.stringify(status)) return;
    const { name, namespace } = object.metadata;
    try {
      await client.patch(type, name, namespace, { status }, { type: 'merge', subresource: 'status' });
    } catch (error) {
      // Deleted meanwhile: nobody is left to be told.
      if (!isNotFound(error)) throw error;
    }
  };

  const controller = createController({
    name: 'gateway',
    mostBackoffSeconds: 2,
    workers: 1,
    ...parts,
    sources: Object.values(informers).map((informer) => sourceOf<KubeObject>(informer, () => [whole])),
    reconcile: async () => {
      const observed = observe();
      const { model, problems } = compile(observed);
      const outcome = await haproxy.apply(model);
      requestLog.keep(model.backends);
      if (outcome !== 'unchanged')
        log.debug({ outcome, rules: model.rules.length, backends: model.backends.length }, 'HAProxy follows');
      const now = toTime(clock.now());
      for (const gatewayClass of informers.classes.list()) {
        if (gatewayClass.spec.controllerName !== controllerName) continue;
        await report<GatewayClass>(gatewayClasses, gatewayClass, toClassStatus(gatewayClass, now));
      }
      for (const gateway of observed.gateways) {
        await report(gateways, gateway, toGatewayStatus(gateway, problems.size, options.bind, now));
      }
      for (const route of observed.routes) {
        const found = problems.get(keyOf(route));
        if (found) await report<HTTPRoute>(httpRoutes, route, toRouteStatus(route, observed.gateways, found, now));
      }
      return { actions: outcome === 'unchanged' ? 0 : 1 };
    },
  });

  // The API server may only be making the kinds that these objects are of, or be away.
  const ensureInTime = async () => {
    const backoff = createBackoff(clock, 200, 5_000);
    for (;;) {
      try {
        await ensureGateway(context, options);
        return;
      } catch (error) {
        if (stopping.signal.aborted) throw error;
        log.warn({ error }, 'the Gateway could not be made; trying again');
        await clock.sleep(backoff.next(), stopping.signal);
      }
    }
  };

  const running = Object.values(informers).map((informer) => informer.start(stopping.signal));
  const started = ensureInTime().then(() => controller.start());
  started.catch((error: unknown) => {
    if (!stopping.signal.aborted) log.error({ error }, 'the gateway controller could not start');
  });
  return {
    stop: async () => {
      stopping.abort();
      await controller.stop();
      await Promise.all(running);
      await haproxy.stop();
      await requestLog.stop();
    },
  };
}

/** The class and the one Gateway that applications attach to. Somebody's changes to them stay. */
async function ensureGateway({ client }: NodeContext, options: StartGatewayOptions): Promise<void> {
  if (!(await client.find(gatewayClasses, className))) {
    await client.create(gatewayClasses, {
      apiVersion: 'gateway.networking.k8s.io/v1',
      kind: 'GatewayClass',
      metadata: { name: className },
      spec: { controllerName },
    });
  }
  if (await client.find(gateways, gatewayName, gatewayNamespace)) return;
  const allowedRoutes = { namespaces: { from: 'All' as const } };
  await client.create(gateways, {
    apiVersion: 'gateway.networking.k8s.io/v1',
    kind: 'Gateway',
    metadata: { name: gatewayName, namespace: gatewayNamespace },
    spec: {
      gatewayClassName: className,
      listeners: [
        { name: 'http', protocol: 'HTTP', port: options.httpPort, allowedRoutes },
        ...(options.tlsPort === undefined
          ? []
          : [
              {
                name: 'https',
                protocol: 'HTTPS',
                port: options.tlsPort,
                tls: { mode: 'Terminate' as const, certificateRefs: [{ name: 'slipway-default' }] },
                allowedRoutes,
              },
            ]),
      ],
    },
  });
}
