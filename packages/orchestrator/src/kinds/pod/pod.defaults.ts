import { isJsonObject, type JsonObject, objectAt, objectsAt, stringAt } from '../json.js';

/** Sets a field that is absent. */
export function setDefault(object: JsonObject, key: string, value: JsonObject[string]): void {
  if (object[key] === undefined) object[key] = value;
}

function defaultProbe(probe: JsonObject): void {
  setDefault(probe, 'timeoutSeconds', 1);
  setDefault(probe, 'periodSeconds', 10);
  setDefault(probe, 'successThreshold', 1);
  setDefault(probe, 'failureThreshold', 3);
  defaultHandler(probe);
  if (isJsonObject(probe.grpc)) setDefault(probe.grpc, 'service', '');
}

function defaultHandler(handler: JsonObject): void {
  if (!isJsonObject(handler.httpGet)) return;
  setDefault(handler.httpGet, 'path', '/');
  setDefault(handler.httpGet, 'scheme', 'HTTP');
}

/** `Always` for an image named by `latest` or no tag, else `IfNotPresent`. */
function pullPolicyOf(image: string): string {
  if (image.includes('@')) return 'IfNotPresent';
  const last = image.slice(image.lastIndexOf('/') + 1);
  const tag = last.includes(':') ? last.slice(last.indexOf(':') + 1) : 'latest';
  return tag === 'latest' ? 'Always' : 'IfNotPresent';
}

function defaultContainer(container: JsonObject): void {
  setDefault(container, 'imagePullPolicy', pullPolicyOf(stringAt(container, 'image')));
  setDefault(container, 'terminationMessagePath', '/dev/termination-log');
  setDefault(container, 'terminationMessagePolicy', 'File');
  setDefault(container, 'resources', {});
  for (const port of objectsAt(container, 'ports')) setDefault(port, 'protocol', 'TCP');
  for (const env of objectsAt(container, 'env')) {
    const source = objectAt(env, 'valueFrom');
    if (isJsonObject(source.fieldRef)) setDefault(source.fieldRef, 'apiVersion', 'v1');
    if (isJsonObject(source.resourceFieldRef)) setDefault(source.resourceFieldRef, 'divisor', '0');
  }
  for (const name of ['livenessProbe', 'readinessProbe', 'startupProbe']) {
    const probe = container[name];
    if (isJsonObject(probe)) defaultProbe(probe);
  }
  for (const hook of Object.values(objectAt(container, 'lifecycle'))) if (isJsonObject(hook)) defaultHandler(hook);
}

const volumeSources = (volume: JsonObject) => Object.keys(volume).filter((key) => key !== 'name');

function defaultVolume(volume: JsonObject): void {
  if (volumeSources(volume).length === 0) volume.emptyDir = {};
  for (const source of ['secret', 'configMap', 'downwardAPI', 'projected']) {
    const value = volume[source];
    if (isJsonObject(value)) setDefault(value, 'defaultMode', 420);
  }
  if (isJsonObject(volume.hostPath)) setDefault(volume.hostPath, 'type', '');
  const downward = [
    objectAt(volume, 'downwardAPI'),
    ...objectsAt(objectAt(volume, 'projected'), 'sources').map((each) => objectAt(each, 'downwardAPI')),
  ];
  for (const item of downward.flatMap((each) => objectsAt(each, 'items')))
    if (isJsonObject(item.fieldRef)) setDefault(item.fieldRef, 'apiVersion', 'v1');
  for (const source of objectsAt(objectAt(volume, 'projected'), 'sources'))
    if (isJsonObject(source.serviceAccountToken)) setDefault(source.serviceAccountToken, 'expirationSeconds', 3600);
}

/** The defaults of a pod's spec, in a Pod or in a template. */
export function defaultPodSpec(spec: JsonObject): void {
  setDefault(spec, 'restartPolicy', 'Always');
  setDefault(spec, 'dnsPolicy', 'ClusterFirst');
  setDefault(spec, 'terminationGracePeriodSeconds', 30);
  setDefault(spec, 'securityContext', {});
  setDefault(spec, 'schedulerName', 'default-scheduler');
  if (stringAt(spec, 'serviceAccountName') === '' && stringAt(spec, 'serviceAccount') !== '')
    spec.serviceAccountName = spec.serviceAccount;
  if (stringAt(spec, 'serviceAccountName') !== '') spec.serviceAccount = spec.serviceAccountName;
  for (const list of ['containers', 'initContainers', 'ephemeralContainers'])
    for (const container of objectsAt(spec, list)) defaultContainer(container);
  for (const volume of objectsAt(spec, 'volumes')) defaultVolume(volume);
  if (spec.hostNetwork === true)
    for (const container of objectsAt(spec, 'containers'))
      for (const port of objectsAt(container, 'ports')) setDefault(port, 'hostPort', port.containerPort);
}

export function defaultPodTemplate(template: JsonObject): void {
  if (isJsonObject(template.spec)) defaultPodSpec(template.spec);
}

/** Beside the spec's defaults, a Pod's own: requests follow limits. */
export function defaultPod(pod: JsonObject): void {
  const spec = objectAt(pod, 'spec');
  if (!isJsonObject(pod.spec)) return;
  defaultPodSpec(spec);
  setDefault(spec, 'enableServiceLinks', true);
  for (const container of [...objectsAt(spec, 'containers'), ...objectsAt(spec, 'initContainers')]) {
    const resources = objectAt(container, 'resources');
    const limits = objectAt(resources, 'limits');
    if (Object.keys(limits).length === 0) continue;
    const requests = objectAt(resources, 'requests');
    for (const [name, value] of Object.entries(limits)) setDefault(requests, name, value);
    resources.requests = requests;
  }
}

/** Guaranteed, Burstable or BestEffort, by the CPU and memory of every container. */
export function qosClassOf(spec: JsonObject): 'Guaranteed' | 'Burstable' | 'BestEffort' {
  const containers = [...objectsAt(spec, 'containers'), ...objectsAt(spec, 'initContainers')];
  let isGuaranteed = containers.length > 0;
  let isBestEffort = true;
  for (const container of containers) {
    const resources = objectAt(container, 'resources');
    const limits = objectAt(resources, 'limits');
    const requests = objectAt(resources, 'requests');
    for (const name of ['cpu', 'memory']) {
      if (limits[name] !== undefined || requests[name] !== undefined) isBestEffort = false;
      if (limits[name] === undefined || (requests[name] ?? limits[name]) !== limits[name]) isGuaranteed = false;
    }
  }
  return isBestEffort ? 'BestEffort' : isGuaranteed ? 'Guaranteed' : 'Burstable';
}
