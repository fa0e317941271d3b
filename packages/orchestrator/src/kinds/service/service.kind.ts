import { column, labelsText, specOf, textColumn, textField } from '../columns.js';
import { ageColumn, defineKind, nameColumn, statusSubresource } from '../definition.js';
import { arrayAt, isSame, type JsonObject, numberAt, objectAt, objectsAt, stringAt } from '../json.js';
import { presentAt, setDefault, setZero } from '../pod/pod.defaults.js';
import { services } from '../refs.js';
import { needsHealthCheck, validateService, validateServiceStatus } from './service.validation.js';

function setDefaults(draft: JsonObject): void {
  const spec = presentAt(draft, 'spec');
  setZero(spec, 'type', 'ClusterIP');
  setZero(spec, 'sessionAffinity', 'None');
  if (spec.sessionAffinity === 'None') delete spec.sessionAffinityConfig;
  if (spec.sessionAffinity === 'ClientIP') {
    const client = objectAt(objectAt(spec, 'sessionAffinityConfig'), 'clientIP');
    if (client.timeoutSeconds === undefined) spec.sessionAffinityConfig = { clientIP: { timeoutSeconds: 10800 } };
  }
  for (const port of objectsAt(spec, 'ports')) {
    setZero(port, 'protocol', 'TCP');
    setZero(port, 'targetPort', port.port);
  }
  const isPorted = spec.type === 'NodePort' || spec.type === 'LoadBalancer';
  if (isPorted || (spec.type === 'ClusterIP' && arrayAt(spec, 'externalIPs').length > 0))
    setZero(spec, 'externalTrafficPolicy', 'Cluster');
  if (isPorted || spec.type === 'ClusterIP') setDefault(spec, 'internalTrafficPolicy', 'Cluster');
  if (spec.type === 'LoadBalancer') {
    setDefault(spec, 'allocateLoadBalancerNodePorts', true);
    for (const ingress of objectsAt(objectAt(objectAt(draft, 'status'), 'loadBalancer'), 'ingress'))
      if (stringAt(ingress, 'ip') !== '') setDefault(ingress, 'ipMode', 'VIP');
  }
  if (spec.type === 'ExternalName') return;
  setDefault(spec, 'ipFamilies', ['IPv4']);
  setDefault(spec, 'ipFamilyPolicy', 'SingleStack');
}

/** One address has two names in the API. */
function joinAddresses(spec: JsonObject): void {
  if (stringAt(spec, 'clusterIP') !== '' && arrayAt(spec, 'clusterIPs').length === 0)
    spec.clusterIPs = [stringAt(spec, 'clusterIP')];
}

function prepareForUpdate(draft: JsonObject, old: JsonObject): void {
  const spec = specOf(draft);
  const before = specOf(old);
  dropUnused(spec, before);
  if (spec.type === 'ExternalName') return;
  // A client that leaves out what the server chose means to keep it.
  if (before.type !== 'ExternalName') {
    if (stringAt(spec, 'clusterIP') === '' && arrayAt(spec, 'clusterIPs').length === 0) {
      if (before.clusterIP !== undefined) spec.clusterIP = before.clusterIP;
      if (before.clusterIPs !== undefined) spec.clusterIPs = [...arrayAt(before, 'clusterIPs')];
    } else if (
      stringAt(spec, 'clusterIP') !== stringAt(before, 'clusterIP') &&
      isSame(spec.clusterIPs, before.clusterIPs)
    )
      spec.clusterIPs = [stringAt(spec, 'clusterIP')];
  }
  joinAddresses(spec);
  if (spec.type === 'ClusterIP') return;
  const used = new Set(objectsAt(spec, 'ports').map((each) => numberAt(each, 'nodePort')));
  for (const port of objectsAt(spec, 'ports')) {
    if (numberAt(port, 'nodePort')) continue;
    const same = objectsAt(before, 'ports').find((each) => each.port === port.port && each.protocol === port.protocol);
    if (same?.nodePort !== undefined && !used.has(numberAt(same, 'nodePort'))) port.nodePort = same.nodePort;
  }
  if (needsHealthCheck(spec) && needsHealthCheck(before) && before.healthCheckNodePort !== undefined)
    setZero(spec, 'healthCheckNodePort', before.healthCheckNodePort);
}

/** What the old type needed and the new one cannot have goes, unless the client has just set it. */
function dropUnused(spec: JsonObject, before: JsonObject): void {
  if (spec.type === before.type) return;
  const drop = (key: string) => {
    if (isSame(spec[key], before[key])) delete spec[key];
  };
  if (spec.type === 'ExternalName')
    for (const key of ['clusterIP', 'clusterIPs', 'ipFamilies', 'ipFamilyPolicy', 'internalTrafficPolicy']) drop(key);
  else if (before.type === 'ExternalName') drop('externalName');
  const isPorted = spec.type === 'NodePort' || spec.type === 'LoadBalancer';
  if (!isPorted) {
    if (arrayAt(spec, 'externalIPs').length === 0) drop('externalTrafficPolicy');
    const olds = objectsAt(before, 'ports');
    objectsAt(spec, 'ports').forEach((port, index) => {
      if (port.nodePort !== undefined && port.nodePort === olds[index]?.nodePort) delete port.nodePort;
    });
  }
  if (spec.type !== 'LoadBalancer') {
    for (const key of ['allocateLoadBalancerNodePorts', 'loadBalancerClass', 'healthCheckNodePort']) drop(key);
  }
}

function portsText(object: JsonObject): string {
  const texts = objectsAt(specOf(object), 'ports').map((port) => {
    const node = numberAt(port, 'nodePort');
    return `${String(port.port)}${node ? `:${node}` : ''}/${stringAt(port, 'protocol')}`;
  });
  return texts.join(',') || '<none>';
}

function externalText(object: JsonObject): string {
  const spec = specOf(object);
  if (spec.type === 'ExternalName') return stringAt(spec, 'externalName');
  const ingress =
    spec.type === 'LoadBalancer' ? objectsAt(objectAt(objectAt(object, 'status'), 'loadBalancer'), 'ingress') : [];
  const balanced = [...new Set(ingress.map((each) => stringAt(each, 'ip') || stringAt(each, 'hostname')))];
  const addresses = [...balanced.filter((each) => each !== '').sort(), ...arrayAt(spec, 'externalIPs').map(String)];
  if (addresses.length > 0) return addresses.join(',');
  return spec.type === 'LoadBalancer' ? '<pending>' : '<none>';
}

export const serviceKind = defineKind({
  type: services,
  schema: 'io.k8s.api.core.v1.Service',
  shortNames: ['svc'],
  categories: ['all'],
  nameRule: 'label',
  subresources: [
    { name: 'proxy', kind: 'ServiceProxyOptions', verbs: ['create', 'delete', 'get', 'patch', 'update'] },
    statusSubresource('Service', { validate: validateServiceStatus }),
  ],
  setDefaults,
  prepareForCreate: (draft) => {
    draft.status = { loadBalancer: {} };
    joinAddresses(specOf(draft));
  },
  prepareForUpdate,
  validate: validateService,
  columns: [
    nameColumn,
    textColumn('Type', 'spec.type'),
    column('Cluster-IP', (object) => {
      const spec = specOf(object);
      return String(arrayAt(spec, 'clusterIPs')[0] ?? '') || stringAt(spec, 'clusterIP') || '<none>';
    }),
    column('External-IP', externalText),
    column('Port(s)', portsText),
    ageColumn,
    column('Selector', (object) => labelsText(objectAt(specOf(object), 'selector')), { priority: 1 }),
  ],
  fields: { 'spec.clusterIP': textField('spec.clusterIP'), 'spec.type': textField('spec.type') },
});
