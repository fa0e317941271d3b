import { type JsonObject, numberAt, objectAt, objectsAt, stringAt } from '../../kinds/index.js';
import type { Store } from '../../store/index.js';
import { asJson } from '../registry.js';
import type { Connector } from './connect.js';
import type { Condition, RemoteService } from './remote-services.js';

const checkMilliseconds = 5_000;
/** One of several endpoints may be bad: the API is there when one of these tries succeeds. */
const tries = 5;

export const localCondition: Condition = {
  status: 'True',
  reason: 'Local',
  message: 'Local APIServices are always available',
};

const unavailable = (reason: string, message: string): Condition => ({ status: 'False', reason, message });

/** Whether a remote API can be used now, and why not. Never rejects. */
export async function checkAvailability(store: Store, connector: Connector, remote: RemoteService): Promise<Condition> {
  const missing = findObstacle(store, remote);
  if (missing) return missing;
  const ask = async () => {
    const path = `/apis/${remote.group}/${remote.version}`;
    const { status, url } = await connector.fetch(remote, path, 'application/json', checkMilliseconds);
    if (status < 200 || status > 299) throw new Error(`${url}: bad status from ${url}: ${status}`);
  };
  try {
    await ask().catch(() => Promise.any(Array.from({ length: tries - 1 }, ask)));
  } catch (error) {
    const last: unknown = error instanceof AggregateError ? error.errors.at(-1) : error;
    const why = last instanceof Error ? last.message : String(last);
    return unavailable('FailedDiscoveryCheck', `failing or missing response from ${why}`);
  }
  return { status: 'True', reason: 'Passed', message: 'all checks passed' };
}

/** What the objects of the cluster say already: no service, no such port, no endpoint. */
function findObstacle(store: Store, { service }: RemoteService): Condition | undefined {
  const { namespace, name, port } = service;
  const where = `service/${name} in ${JSON.stringify(namespace)}`;
  const found = store.get('services', namespace, name);
  if (!found) return unavailable('ServiceNotFound', `${where} is not present`);
  const spec = objectAt(asJson(found.value), 'spec');
  // Nothing here knows what stands behind another name.
  if (spec.type === 'ExternalName') return undefined;
  const own = objectsAt(spec, 'ports').find((each) => numberAt(each, 'port') === port);
  if (!own) return unavailable('ServicePortError', `${where} is not listening on port ${port}`);
  const slices = slicesOf(store, namespace, name);
  if (slices.length === 0) return unavailable('EndpointsNotFound', `cannot find endpointslices for ${where}`);
  const portName = stringAt(own, 'name');
  const isUsable = (slice: JsonObject) =>
    objectsAt(slice, 'endpoints').some((each) => objectAt(each, 'conditions').ready !== false) &&
    objectsAt(slice, 'ports').some((each) => stringAt(each, 'name') === portName && each.port !== undefined);
  if (slices.some(isUsable)) return undefined;
  const message = `endpointslices for ${where} have no addresses with port name ${JSON.stringify(portName)}`;
  return unavailable('MissingEndpoints', message);
}

function slicesOf(store: Store, namespace: string, name: string): JsonObject[] {
  return store
    .list('discovery.k8s.io/endpointslices', undefined, namespace)
    .filter((each) => each.labels['kubernetes.io/service-name'] === name)
    .map((each) => asJson(each.value));
}
