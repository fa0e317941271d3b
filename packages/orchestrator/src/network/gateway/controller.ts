import { join } from 'node:path';
import { isNotFound } from '../../client/index.js';
import {
  endpointSlices,
  type Gateway,
  type GatewayClass,
  gatewayClasses,
  gateways,
  type HTTPRoute,
  httpRoutes,
  type KubeObject,
  type ListenerSet,
  listenerSets,
  namespaces,
  type ResourceType,
  secrets,
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
import type { Attachment } from './attachments.js';
import { ensureDefaultCertificate } from './certificate.js';
import { createCertificateCheck } from './certificate-check.js';
import { createPairReader } from './certificate-pair.js';
import { type Compiled, type CompiledRoute, compile, type Observed } from './compile.js';
import { createHaproxy } from './haproxy.js';
import type { GatewayOptions } from './haproxy-config.js';
import type { JudgedSet } from './listeners.js';
import { namesGateway } from './references.js';
import { startRequestLog } from './request-log.js';
import {
  type Attached,
  controllerName,
  toClassStatus,
  toGatewayStatus,
  toListenerSetStatus,
  toRouteStatus,
} from './status.js';
import { observeWaiting } from './waiting.js';

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

/**
 * Keeps HAProxy at what Gateways, ListenerSets with their Secrets, HTTPRoutes, Services and EndpointSlices say, and says in
 * their status what is served.
 */
export async function startGateway(context: NodeContext, options: StartGatewayOptions): Promise<Stoppable> {
  const { client, clock, metrics } = context;
  const log = context.log.child({ part: 'gateway' });
  const stopping = new AbortController();
  const parts = { clock, logger: log, metrics };
  const informers = {
    classes: createInformer(client, gatewayClasses, parts),
    gateways: createInformer(client, gateways, parts),
    routes: createInformer(client, httpRoutes, parts),
    listenerSets: createInformer(client, listenerSets, parts),
    // No other Secret is this controller's business.
    secrets: createInformer(client, secrets, { ...parts, fieldSelector: 'type=kubernetes.io/tls' }),
    namespaces: createInformer(client, namespaces, parts),
    services: createInformer(client, services, parts),
    slices: createInformer(client, endpointSlices, {
      ...parts,
      indices: { service: (slice) => [`${slice.metadata.namespace}/${slice.metadata.labels?.[serviceLabel] ?? ''}`] },
    }),
  };
  await ensureDefaultCertificate(options.directory, options.appsDomain, clock.now());
  const haproxy = createHaproxy(options, { clock, log });
  const check = createCertificateCheck(options.directory);
  const pair = createPairReader();
  const requestLog = await startRequestLog(join(options.directory, 'log.sock'), metrics);
  observeWaiting(join(options.directory, 'admin.sock'), metrics);

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
      listenerSets: informers.listenerSets.list().filter((set) => set.metadata.deletionTimestamp === undefined),
      ports: { http: options.httpPort, tls: options.tlsPort },
      reservedHosts: [options.appsDomain, `*.${options.appsDomain}`],
      namespaceLabels: (namespace) => informers.namespaces.get(namespace)?.metadata.labels,
      tlsSecret: (namespace, name) => informers.secrets.get(`${namespace}/${name}`),
      pair,
      refusal: (file) => check.refusal(file),
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

  /** What HAProxy refuses is left out and told of; it never keeps the rest from being served. */
  const compileChecked = async (observed: Observed): Promise<Compiled> => {
    const compiled = compile(observed);
    const { certificates, files } = compiled.listeners;
    const refusesMore = await check.look(certificates);
    check.keep(files);
    return refusesMore ? compile(observed) : compiled;
  };

  const controller = createController({
    name: 'gateway',
    mostBackoffSeconds: 2,
    workers: 1,
    ...parts,
    sources: Object.values(informers).map((informer) => sourceOf<KubeObject>(informer, () => [whole])),
    reconcile: async () => {
      const observed = observe();
      const compiled = await compileChecked(observed);
      const { model, routes, listeners } = compiled;
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
        await report(gateways, gateway, toGatewayStatus(gateway, attachedTo(gateway, compiled), options.bind, now));
      }
      for (const judged of listeners.sets) {
        const status = toListenerSetStatus(judged, (listener) => routesOf(judged.set, listener, compiled), now);
        await report(listenerSets, judged.set, status);
      }
      for (const route of observed.routes) {
        const found = routes.get(keyOf(route));
        if (found) await report<HTTPRoute>(httpRoutes, route, toRouteStatus(route, found, now));
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

function attachedTo(gateway: Gateway, { routes, listeners }: Compiled): Attached {
  const has = ({ attachments }: CompiledRoute) => attachments.some(({ parent }) => parent === gateway);
  const isLetIn = ({ set, refused }: JudgedSet) =>
    refused === undefined && namesGateway(set.spec.parentRef, set, gateway);
  return {
    routes: [...routes.values()].filter(has).length,
    listenerSets: listeners.sets.filter(isLetIn).length,
  };
}

function routesOf(set: ListenerSet, listener: string, { routes }: Compiled): number {
  const takes = ({ parent, listeners }: Attachment) => parent === set && listeners.includes(listener);
  return [...routes.values()].filter(({ attachments }) => attachments.some(takes)).length;
}

/**
 * The class and the one Gateway that applications attach to, which ListenerSets of all namespaces may add to. Somebody's
 * changes to them stay.
 */
async function ensureGateway({ client }: NodeContext, options: StartGatewayOptions): Promise<void> {
  if (!(await client.find(gatewayClasses, className))) {
    await client.create(gatewayClasses, {
      apiVersion: 'gateway.networking.k8s.io/v1',
      kind: 'GatewayClass',
      metadata: { name: className },
      spec: { controllerName },
    });
  }
  const allowedListeners = { namespaces: { from: 'All' as const } };
  const known = await client.find(gateways, gatewayName, gatewayNamespace);
  if (known) {
    if (known.spec.allowedListeners) return;
    await client.patch(gateways, gatewayName, gatewayNamespace, { spec: { allowedListeners } }, { type: 'merge' });
    return;
  }
  const allowedRoutes = { namespaces: { from: 'All' as const } };
  await client.create(gateways, {
    apiVersion: 'gateway.networking.k8s.io/v1',
    kind: 'Gateway',
    metadata: { name: gatewayName, namespace: gatewayNamespace },
    spec: {
      gatewayClassName: className,
      allowedListeners,
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
