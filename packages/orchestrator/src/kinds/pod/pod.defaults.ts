import { isJsonObject, type JsonObject, objectAt, objectsAt, stringAt } from '../json.js';
import { addQuantities, formatQuantity, parseExact, type Quantity, zeroQuantity } from '../quantity.js';

/** Sets a field that is absent. */
export function setDefault(object: JsonObject, key: string, value: JsonObject[string]): void {
  if (object[key] === undefined) object[key] = value;
}

/** Sets a field that is absent or holds its type's zero value, which upstream cannot tell apart. */
export function setZero(object: JsonObject, key: string, value: JsonObject[string]): void {
  const present = object[key];
  if (present === undefined || present === '' || present === 0) object[key] = value;
}

function defaultProbe(probe: JsonObject): void {
  setZero(probe, 'timeoutSeconds', 1);
  setZero(probe, 'periodSeconds', 10);
  setZero(probe, 'successThreshold', 1);
  setZero(probe, 'failureThreshold', 3);
  defaultHandler(probe);
  if (isJsonObject(probe.grpc)) setDefault(probe.grpc, 'service', '');
}

function defaultHandler(handler: JsonObject): void {
  if (!isJsonObject(handler.httpGet)) return;
  setZero(handler.httpGet, 'path', '/');
  setZero(handler.httpGet, 'scheme', 'HTTP');
}

/** A host perhaps, a path and a tag perhaps: what is no name of an image has no tag either. */
const imageName =
  /^(?:[A-Za-z0-9.-]+(?::[0-9]+)?\/|\[[A-Fa-f0-9:]+\](?::[0-9]+)?\/)?[a-z0-9]+(?:(?:\.|_|__|-+)[a-z0-9]+)*(?:\/[a-z0-9]+(?:(?:\.|_|__|-+)[a-z0-9]+)*)*(?::\w[\w.-]{0,127})?$/;

/** `Always` for an image named by `latest` or no tag, else `IfNotPresent`. */
function pullPolicyOf(image: string): string {
  if (image.includes('@') || !imageName.test(image)) return 'IfNotPresent';
  const last = image.slice(image.lastIndexOf('/') + 1);
  const colon = last.indexOf(':');
  return colon < 0 || last.slice(colon + 1) === 'latest' ? 'Always' : 'IfNotPresent';
}

function defaultContainer(container: JsonObject): void {
  setZero(container, 'imagePullPolicy', pullPolicyOf(stringAt(container, 'image')));
  setZero(container, 'terminationMessagePath', '/dev/termination-log');
  setZero(container, 'terminationMessagePolicy', 'File');
  setDefault(container, 'resources', {});
  for (const port of objectsAt(container, 'ports')) setZero(port, 'protocol', 'TCP');
  for (const env of objectsAt(container, 'env')) {
    const source = env.valueFrom;
    if (!isJsonObject(source)) continue;
    if (isJsonObject(source.fieldRef)) setZero(source.fieldRef, 'apiVersion', 'v1');
    if (isJsonObject(source.resourceFieldRef)) setDefault(source.resourceFieldRef, 'divisor', '0');
    if (isJsonObject(source.fileKeyRef)) setDefault(source.fileKeyRef, 'optional', false);
  }
  for (const name of ['livenessProbe', 'readinessProbe', 'startupProbe']) {
    const probe = container[name];
    if (isJsonObject(probe)) defaultProbe(probe);
  }
  const { lifecycle } = container;
  if (!isJsonObject(lifecycle)) return;
  for (const name of ['postStart', 'preStop']) {
    const hook = lifecycle[name];
    if (isJsonObject(hook)) defaultHandler(hook);
  }
}

const modedSources = ['secret', 'configMap', 'downwardAPI', 'projected'];
const legacyTexts: readonly (readonly [string, string, string | boolean])[] = [
  ['rbd', 'pool', 'rbd'],
  ['rbd', 'user', 'admin'],
  ['rbd', 'keyring', '/etc/ceph/keyring'],
  ['azureDisk', 'cachingMode', 'ReadWrite'],
  ['azureDisk', 'kind', 'Shared'],
  ['azureDisk', 'fsType', 'ext4'],
  ['azureDisk', 'readOnly', false],
  ['scaleIO', 'storageMode', 'ThinProvisioned'],
  ['scaleIO', 'fsType', 'xfs'],
  ['iscsi', 'iscsiInterface', 'default'],
];

/** What volumes of pods and persistent volumes have in common. */
export function defaultVolumeSource(volume: JsonObject): void {
  if (isJsonObject(volume.hostPath)) setDefault(volume.hostPath, 'type', '');
  for (const [source, key, value] of legacyTexts) {
    const found = volume[source];
    if (isJsonObject(found)) setZero(found, key, value);
  }
}

function defaultDownward(source: JsonObject): void {
  for (const item of objectsAt(source, 'items')) {
    if (isJsonObject(item.fieldRef)) setZero(item.fieldRef, 'apiVersion', 'v1');
    if (isJsonObject(item.resourceFieldRef)) setDefault(item.resourceFieldRef, 'divisor', '0');
  }
}

function defaultVolume(volume: JsonObject): void {
  let isEmpty = true;
  for (const key in volume) if (key !== 'name') isEmpty = false;
  if (isEmpty) volume.emptyDir = {};
  for (const source of modedSources) {
    const value = volume[source];
    if (isJsonObject(value)) setDefault(value, 'defaultMode', 420);
  }
  if (isJsonObject(volume.image))
    setZero(volume.image, 'pullPolicy', pullPolicyOf(stringAt(volume.image, 'reference')));
  defaultVolumeSource(volume);
  defaultDownward(objectAt(volume, 'downwardAPI'));
  const claim = objectAt(objectAt(volume, 'ephemeral'), 'volumeClaimTemplate').spec;
  if (isJsonObject(claim)) setDefault(claim, 'volumeMode', 'Filesystem');
  for (const source of objectsAt(objectAt(volume, 'projected'), 'sources')) {
    defaultDownward(objectAt(source, 'downwardAPI'));
    if (isJsonObject(source.serviceAccountToken)) setDefault(source.serviceAccountToken, 'expirationSeconds', 3600);
  }
}

const containerLists = ['containers', 'initContainers', 'ephemeralContainers'];

/** The defaults of a pod's spec, in a Pod or in a template. */
export function defaultPodSpec(spec: JsonObject): void {
  setZero(spec, 'restartPolicy', 'Always');
  setZero(spec, 'dnsPolicy', 'ClusterFirst');
  setDefault(spec, 'terminationGracePeriodSeconds', 30);
  setDefault(spec, 'securityContext', {});
  setZero(spec, 'schedulerName', 'default-scheduler');
  if (stringAt(spec, 'serviceAccountName') === '' && stringAt(spec, 'serviceAccount') !== '')
    spec.serviceAccountName = spec.serviceAccount;
  if (stringAt(spec, 'serviceAccountName') !== '') spec.serviceAccount = spec.serviceAccountName;
  for (const list of containerLists) for (const container of objectsAt(spec, list)) defaultContainer(container);
  for (const volume of objectsAt(spec, 'volumes')) defaultVolume(volume);
  if (spec.hostNetwork !== true) return;
  for (const list of ['containers', 'initContainers'])
    for (const container of objectsAt(spec, list))
      for (const port of objectsAt(container, 'ports')) setZero(port, 'hostPort', port.containerPort);
}

/** The object at a key, made where there is none: what the API's own types always have. */
export function presentAt(holder: JsonObject, key: string): JsonObject {
  const found = holder[key];
  if (isJsonObject(found)) return found;
  const made: JsonObject = {};
  holder[key] = made;
  return made;
}

/** The pod template of a workload's spec. */
export function defaultPodTemplate(holder: JsonObject): void {
  defaultPodSpec(presentAt(presentAt(holder, 'template'), 'spec'));
}

/** Beside the spec's defaults, a Pod's own: requests follow limits. */
export function defaultPod(pod: JsonObject): void {
  const spec = presentAt(pod, 'spec');
  defaultPodSpec(spec);
  setDefault(spec, 'enableServiceLinks', true);
  for (const list of ['containers', 'initContainers'])
    for (const container of objectsAt(spec, list)) requestLimits(objectAt(container, 'resources'));
  if (isJsonObject(spec.resources) && isJsonObject(spec.resources.limits)) defaultPodRequests(spec, spec.resources);
}

function requestLimits(resources: JsonObject): void {
  const { limits } = resources;
  if (!isJsonObject(limits)) return;
  const requests = objectAt(resources, 'requests');
  for (const name in limits) setDefault(requests, name, limits[name]);
  resources.requests = requests;
}

const podLevel = (name: string) => name === 'cpu' || name === 'memory' || name.startsWith('hugepages-');

/** A pod's own requests are at least those of its containers together, else its limits. */
function defaultPodRequests(spec: JsonObject, resources: JsonObject): void {
  const requests = objectAt(resources, 'requests');
  const sums = new Map<string, Quantity>();
  for (const container of objectsAt(spec, 'containers')) {
    const asked = objectAt(objectAt(container, 'resources'), 'requests');
    for (const name in asked)
      sums.set(name, addQuantities(sums.get(name) ?? zeroQuantity, parseExact(String(asked[name])) ?? zeroQuantity));
  }
  for (const [name, sum] of sums)
    if (podLevel(name) && !name.startsWith('hugepages-')) setDefault(requests, name, formatQuantity(sum));
  const limits = objectAt(resources, 'limits');
  for (const name in limits) if (podLevel(name)) setDefault(requests, name, limits[name]);
  if (Object.keys(requests).length > 0) resources.requests = requests;
}

const qosResources = ['cpu', 'memory'];

/** Guaranteed, Burstable or BestEffort, by the CPU and memory of the pod or of every container. */
export function qosClassOf(spec: JsonObject): 'Guaranteed' | 'Burstable' | 'BestEffort' {
  const own = objectAt(spec, 'resources');
  const holders =
    isJsonObject(own.limits) || isJsonObject(own.requests)
      ? [{ resources: own }]
      : [...objectsAt(spec, 'containers'), ...objectsAt(spec, 'initContainers')];
  let isGuaranteed = holders.length > 0;
  let isBestEffort = true;
  for (const holder of holders) {
    const resources = objectAt(holder, 'resources');
    const limits = objectAt(resources, 'limits');
    const requests = objectAt(resources, 'requests');
    for (const name of qosResources) {
      const limit = nonZero(limits[name]);
      const request = nonZero(requests[name]);
      if (limit !== undefined || request !== undefined) isBestEffort = false;
      if (limit === undefined || (request ?? limit) !== limit) isGuaranteed = false;
    }
  }
  return isBestEffort ? 'BestEffort' : isGuaranteed ? 'Guaranteed' : 'Burstable';
}

function nonZero(value: JsonObject[string]): string | undefined {
  return value === undefined || value === '0' || value === 0 ? undefined : String(value);
}
