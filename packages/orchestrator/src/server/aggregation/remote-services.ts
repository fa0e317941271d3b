import { type JsonObject, numberAt, objectAt, objectsAt, stringAt } from '../../kinds/index.js';
import type { Store } from '../../store/index.js';
import { derived } from '../derived.js';
import { asJson } from '../registry.js';

export const apiServicesKey = 'apiregistration.k8s.io/apiservices';

/** An APIService that another server stands behind. */
export interface RemoteService {
  readonly name: string;
  readonly group: string;
  readonly version: string;
  readonly groupPriority: number;
  readonly versionPriority: number;
  readonly service: { readonly namespace: string; readonly name: string; readonly port: number };
  /** PEM; empty: the authorities that this machine trusts. */
  readonly caBundle: string;
  readonly isUnverified: boolean;
  /** The condition Available; undefined while nothing has been found out. */
  readonly condition: Condition | undefined;
}

export interface Condition {
  readonly status: 'True' | 'False' | 'Unknown';
  readonly reason: string;
  readonly message: string;
}

/** The APIServices with a service, by `group/version`; always as the store has them. */
export function remoteServices(store: Store): () => ReadonlyMap<string, RemoteService> {
  return derived(store, [apiServicesKey], () => {
    const found = new Map<string, RemoteService>();
    for (const { value } of store.list(apiServicesKey)) {
      const remote = toRemote(asJson(value));
      if (remote) found.set(`${remote.group}/${remote.version}`, remote);
    }
    return found;
  });
}

export function availableOf(apiService: JsonObject): Condition | undefined {
  const found = objectsAt(objectAt(apiService, 'status'), 'conditions').find((each) => each.type === 'Available');
  if (!found) return undefined;
  const status = found.status === 'True' || found.status === 'False' ? found.status : 'Unknown';
  return { status, reason: stringAt(found, 'reason'), message: stringAt(found, 'message') };
}

function toRemote(apiService: JsonObject): RemoteService | undefined {
  const spec = objectAt(apiService, 'spec');
  const service = objectAt(spec, 'service');
  const name = stringAt(service, 'name');
  const group = stringAt(spec, 'group');
  // The core group is this server's own, whoever says otherwise.
  if (name === '' || group === '') return undefined;
  return {
    name: stringAt(objectAt(apiService, 'metadata'), 'name'),
    group,
    version: stringAt(spec, 'version'),
    groupPriority: numberAt(spec, 'groupPriorityMinimum') ?? 0,
    versionPriority: numberAt(spec, 'versionPriority') ?? 0,
    service: { namespace: stringAt(service, 'namespace'), name, port: numberAt(service, 'port') ?? 443 },
    caBundle: Buffer.from(stringAt(spec, 'caBundle'), 'base64').toString(),
    isUnverified: spec.insecureSkipTLSVerify === true,
    condition: availableOf(apiService),
  };
}
