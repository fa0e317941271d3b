import {
  arrayAt,
  type JsonObject,
  kubernetesSigners,
  objectAt,
  objectsAt,
  parseCertificateRequest,
  stringAt,
} from '../../kinds/index.js';
import type { Store } from '../../store/index.js';
import type { AdmissionPlugin, AdmissionRequest } from '../admission/admission.js';
import { forbidden, notFound } from '../api-error.js';
import type { User } from '../authentication.js';
import type { Attributes } from '../authorization.js';
import { derived } from '../derived.js';
import { asJson } from '../registry.js';
import { valueInSelector } from '../request-info.js';
import { nodeRules } from './default-roles.js';
import { compileRules, roleAllows } from './rbac.js';
import { read } from './role-rules.js';
import { toRule } from './rules.js';

const prefix = 'system:node:';
const group = 'system:nodes';
const rules = compileRules(nodeRules.map(toRule));

/** The node that a user is; undefined for everybody else. */
export function nodeOf(user: User): string | undefined {
  return user.groups.includes(group) && user.name.startsWith(prefix) && user.name !== prefix
    ? user.name.slice(prefix.length)
    : undefined;
}

/** For each node the objects that its pods use: `secrets default/a`. */
type References = ReadonlyMap<string, ReadonlySet<string>>;

const limited = new Set(['secrets', 'configmaps', 'persistentvolumeclaims', 'persistentvolumes', 'serviceaccounts']);

/** Whether a node may: what every node may, and of secrets and the like only those that its own pods use. */
export function nodeMay(store: Store, node: string, wanted: Attributes): boolean {
  if (wanted.path !== undefined || !roleAllows(rules, wanted)) return false;
  const { resource, namespace, name, verb } = wanted;
  if (wanted.group === '' && limited.has(resource))
    // A list is of one object, named by its field selector, or refused.
    return name !== '' && (referencesOf(store).get(node)?.has(`${resource} ${namespace}/${name}`) ?? false);
  if (wanted.group === '' && resource === 'nodes' && read.includes(verb)) return name === node;
  if (wanted.group === '' && resource === 'pods' && read.includes(verb)) return mayReadPods(store, node, wanted);
  if (wanted.group === 'coordination.k8s.io' && resource === 'leases')
    return namespace === 'kube-node-lease' && (name === node || verb === 'create');
  if (resource === 'csinodes') return name === node || verb === 'create';
  return true;
}

/** The pods that run on it: one by its name, many by a field selector for the node. */
function mayReadPods(store: Store, node: string, { namespace, name, fieldSelector = '' }: Attributes): boolean {
  if (name === '') return valueInSelector(fieldSelector, 'spec.nodeName') === node;
  const pod = store.get('pods', namespace, name);
  return pod !== undefined && stringAt(objectAt(asJson(pod.value), 'spec'), 'nodeName') === node;
}

const known = new WeakMap<Store, () => References>();

function referencesOf(store: Store): References {
  let references = known.get(store);
  if (!references) {
    references = derived(store, ['pods', 'persistentvolumeclaims'], () => buildReferences(store));
    known.set(store, references);
  }
  return references();
}

function buildReferences(store: Store): References {
  const byNode = new Map<string, Set<string>>();
  for (const { namespace, value } of store.list('pods')) {
    const spec = objectAt(asJson(value), 'spec');
    const node = stringAt(spec, 'nodeName');
    if (node === '') continue;
    const found = byNode.get(node) ?? new Set();
    byNode.set(node, found);
    for (const reference of referencesOfPod(spec)) {
      const [resource = '', name = ''] = reference;
      found.add(`${resource} ${namespace}/${name}`);
      if (resource !== 'persistentvolumeclaims') continue;
      const claim = store.get(resource, namespace, name);
      const volume = claim ? stringAt(objectAt(asJson(claim.value), 'spec'), 'volumeName') : '';
      if (volume !== '') found.add(`persistentvolumes /${volume}`);
    }
  }
  return byNode;
}

function referencesOfPod(spec: JsonObject): [string, string][] {
  const found: [string, string][] = [['serviceaccounts', stringAt(spec, 'serviceAccountName')]];
  const add = (resource: string, name: string) => {
    if (name !== '') found.push([resource, name]);
  };
  for (const secret of objectsAt(spec, 'imagePullSecrets')) add('secrets', stringAt(secret, 'name'));
  const containers = ['containers', 'initContainers', 'ephemeralContainers'].flatMap((each) => objectsAt(spec, each));
  for (const container of containers) {
    for (const { valueFrom } of objectsAt(container, 'env')) {
      const from = objectAt({ valueFrom }, 'valueFrom');
      add('secrets', stringAt(objectAt(from, 'secretKeyRef'), 'name'));
      add('configmaps', stringAt(objectAt(from, 'configMapKeyRef'), 'name'));
    }
    for (const from of objectsAt(container, 'envFrom')) {
      add('secrets', stringAt(objectAt(from, 'secretRef'), 'name'));
      add('configmaps', stringAt(objectAt(from, 'configMapRef'), 'name'));
    }
  }
  for (const volume of objectsAt(spec, 'volumes')) {
    add('secrets', stringAt(objectAt(volume, 'secret'), 'secretName'));
    add('configmaps', stringAt(objectAt(volume, 'configMap'), 'name'));
    add('persistentvolumeclaims', stringAt(objectAt(volume, 'persistentVolumeClaim'), 'claimName'));
    for (const source of objectsAt(objectAt(volume, 'projected'), 'sources')) {
      add('secrets', stringAt(objectAt(source, 'secret'), 'name'));
      add('configmaps', stringAt(objectAt(source, 'configMap'), 'name'));
    }
  }
  return found;
}

const ownResources = new Set(['nodes', 'pods', 'leases', 'csinodes', 'serviceaccounts', 'certificatesigningrequests']);

/** A node changes itself and the pods that run on it, and gives itself no labels that decide what runs on it. */
export function nodeRestrictionAdmission(store: Store): AdmissionPlugin {
  return {
    name: 'NodeRestriction',
    handles: ({ type }) => ownResources.has(type.plural),
    validate: (request) => {
      const node = nodeOf(request.context.user);
      if (node === undefined) return;
      const refuse = (why: string) => forbidden(request.kind.type, request.name, why);
      const { plural } = request.kind.type;
      if (plural === 'pods') checkPod(store, node, request, refuse);
      else if (plural === 'serviceaccounts') checkToken(store, node, request, refuse);
      else if (plural === 'certificatesigningrequests') checkCertificate(request, refuse);
      else if (request.name !== node)
        throw refuse(
          `node ${JSON.stringify(node)} is not allowed to modify ${request.kind.type.kind} ${JSON.stringify(request.name)}`,
        );
      else if (plural === 'nodes') checkOwnNode(node, request, refuse);
    },
  };
}

type Refuse = (why: string) => Error;

function checkPod(store: Store, node: string, request: AdmissionRequest, refuse: Refuse): void {
  const { operation, object, old, subresource, namespace, name } = request;
  if (operation === 'CREATE' && subresource === '') {
    const isMirror = objectAt(objectAt(object, 'metadata'), 'annotations')['kubernetes.io/config.mirror'] !== undefined;
    const spec = objectAt(object, 'spec');
    if (!isMirror)
      throw refuse(
        `pod does not have "kubernetes.io/config.mirror" annotation, node ${JSON.stringify(node)} can only create mirror pods`,
      );
    if (spec.nodeName !== node)
      throw refuse(`node ${JSON.stringify(node)} can only create pods with spec.nodeName set to itself`);
    if (stringAt(spec, 'serviceAccountName') !== '' || referencesOfPod(spec).length > 1)
      throw refuse(
        `node ${JSON.stringify(node)} can not create pods that use secrets, configmaps, claims or a service account`,
      );
    return;
  }
  const stored = store.get('pods', namespace, name);
  const current = old ?? (stored ? asJson(stored.value) : undefined);
  if (stringAt(objectAt(current, 'spec'), 'nodeName') !== node)
    throw refuse(
      `node ${JSON.stringify(node)} can only ${operation === 'DELETE' ? 'delete' : 'update'} pods with spec.nodeName set to itself`,
    );
}

/** A node asks for tokens for its own pods, each bound to its pod. */
function checkToken(store: Store, node: string, request: AdmissionRequest, refuse: Refuse): void {
  const { operation, subresource, object, namespace } = request;
  if (operation !== 'CREATE' || subresource !== 'token') return;
  const reference = objectAt(objectAt(object, 'spec'), 'boundObjectRef');
  const [name, uid] = [stringAt(reference, 'name'), stringAt(reference, 'uid')];
  if (reference.kind !== 'Pod' || reference.apiVersion !== 'v1' || name === '')
    throw refuse('node requested token not bound to a pod');
  if (uid === '') throw refuse('node requested token with a pod binding without a uid');
  const pod = store.get('pods', namespace, name);
  if (!pod) throw notFound({ group: '', plural: 'pods' }, name);
  if (pod.value.metadata.uid !== uid)
    throw refuse(`the UID in the bound object reference (${uid}) does not match the UID in record`);
  if (stringAt(objectAt(asJson(pod.value), 'spec'), 'nodeName') !== node)
    throw refuse('node requested token bound to a pod scheduled on a different node');
}

/** A node asks for certificates of its own name. */
function checkCertificate({ operation, object, context }: AdmissionRequest, refuse: Refuse): void {
  if (operation !== 'CREATE') return;
  const spec = objectAt(object, 'spec');
  const signers: string[] = [kubernetesSigners.kubeletClient, kubernetesSigners.kubeletServing];
  if (!signers.includes(stringAt(spec, 'signerName'))) return;
  const { name } = context.user;
  if (parseCertificateRequest(stringAt(spec, 'request')).commonName !== name)
    throw refuse(`can only create a node CSR with CN=${name}`);
}

const isReservedLabel = (key: string) => /(^|\.)node-restriction\.kubernetes\.io\//.test(key);

function checkOwnNode(node: string, { operation, object, old }: AdmissionRequest, refuse: Refuse): void {
  if (operation === 'DELETE') throw refuse(`node ${JSON.stringify(node)} is not allowed to delete itself`);
  const labels = objectAt(objectAt(object, 'metadata'), 'labels');
  const before = objectAt(objectAt(old, 'metadata'), 'labels');
  const changed = [...new Set([...Object.keys(labels), ...Object.keys(before)])].filter(
    (key) => isReservedLabel(key) && labels[key] !== before[key],
  );
  if (changed.length > 0) throw refuse(`is not allowed to modify labels: ${changed.sort().join(', ')}`);
  const taints = JSON.stringify(arrayAt(objectAt(object, 'spec'), 'taints'));
  if (old && taints !== JSON.stringify(arrayAt(objectAt(old, 'spec'), 'taints')))
    throw refuse(`node ${JSON.stringify(node)} is not allowed to modify taints`);
}
