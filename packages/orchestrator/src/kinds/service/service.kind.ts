import { ageColumn, defineKind, nameColumn, statusSubresource } from '../definition.js';
import { duplicate, type FieldError, forbidden, invalid, notSupported, required } from '../field-error.js';
import { arrayAt, isJsonObject, type JsonObject, numberAt, objectAt, objectsAt, stringAt } from '../json.js';
import { validateLabels } from '../metadata.js';
import { labelProblem, subdomainProblem } from '../names.js';
import { setDefault } from '../pod/pod.defaults.js';
import { services } from '../refs.js';

const types = ['ClusterIP', 'ExternalName', 'LoadBalancer', 'NodePort'];
const spec = (object: JsonObject) => objectAt(object, 'spec');
const isPort = (value: unknown): boolean => typeof value === 'number' && value >= 1 && value <= 65535;

function setDefaults(draft: JsonObject): void {
  if (!isJsonObject(draft.spec)) return;
  const own = draft.spec;
  setDefault(own, 'type', 'ClusterIP');
  setDefault(own, 'sessionAffinity', 'None');
  if (own.sessionAffinity === 'None') delete own.sessionAffinityConfig;
  if (own.sessionAffinity === 'ClientIP') {
    setDefault(own, 'sessionAffinityConfig', {});
    setDefault(objectAt(own, 'sessionAffinityConfig'), 'clientIP', {});
    setDefault(objectAt(objectAt(own, 'sessionAffinityConfig'), 'clientIP'), 'timeoutSeconds', 10800);
  }
  for (const port of objectsAt(own, 'ports')) {
    setDefault(port, 'protocol', 'TCP');
    if (port.targetPort === undefined || port.targetPort === 0 || port.targetPort === '') port.targetPort = port.port;
  }
  if (own.type === 'ExternalName') return;
  setDefault(own, 'internalTrafficPolicy', 'Cluster');
  setDefault(own, 'ipFamilies', ['IPv4']);
  setDefault(own, 'ipFamilyPolicy', 'SingleStack');
  if (own.type === 'NodePort' || own.type === 'LoadBalancer') setDefault(own, 'externalTrafficPolicy', 'Cluster');
  if (own.type === 'LoadBalancer') setDefault(own, 'allocateLoadBalancerNodePorts', true);
}

function validate(object: JsonObject, old: JsonObject | undefined): FieldError[] {
  const own = spec(object);
  const errors: FieldError[] = [];
  const type = stringAt(own, 'type');
  if (!types.includes(type)) errors.push(notSupported('spec.type', type, types));
  const ports = objectsAt(own, 'ports');
  if (type !== 'ExternalName' && ports.length === 0 && own.clusterIP !== 'None') errors.push(required('spec.ports'));
  const names = new Set<string>();
  const numbers = new Set<string>();
  ports.forEach((port, index) => {
    const at = `spec.ports[${index}]`;
    if (!isPort(port.port))
      errors.push(invalid(`${at}.port`, port.port ?? 0, 'must be between 1 and 65535, inclusive'));
    if (typeof port.targetPort === 'number' && !isPort(port.targetPort))
      errors.push(invalid(`${at}.targetPort`, port.targetPort, 'must be between 1 and 65535, inclusive'));
    if (!['SCTP', 'TCP', 'UDP'].includes(stringAt(port, 'protocol')))
      errors.push(notSupported(`${at}.protocol`, port.protocol, ['SCTP', 'TCP', 'UDP']));
    const name = stringAt(port, 'name');
    if (name === '' && ports.length > 1) errors.push(required(`${at}.name`));
    if (name !== '' && labelProblem(name)) errors.push(invalid(`${at}.name`, name, labelProblem(name) ?? ''));
    if (name !== '' && names.has(name)) errors.push(duplicate(`${at}.name`, name));
    names.add(name);
    const number = `${stringAt(port, 'protocol')}/${String(port.port)}`;
    if (numbers.has(number)) errors.push(duplicate(at, { port: port.port, protocol: port.protocol }));
    numbers.add(number);
    if (type === 'ClusterIP' && numberAt(port, 'nodePort'))
      errors.push(forbidden(`${at}.nodePort`, "may not be used when `type` is 'ClusterIP'"));
  });
  if (type === 'ExternalName') {
    const name = stringAt(own, 'externalName').replace(/\.$/, '');
    if (name === '') errors.push(required('spec.externalName'));
    else if (subdomainProblem(name)) errors.push(invalid('spec.externalName', name, subdomainProblem(name) ?? ''));
    if (stringAt(own, 'clusterIP') !== '')
      errors.push(forbidden('spec.clusterIP', "may not be set when `type` is 'ExternalName'"));
  }
  if (type === 'NodePort' || type === 'LoadBalancer') {
    if (own.clusterIP === 'None')
      errors.push(invalid('spec.clusterIPs[0]', 'None', `may not be set to 'None' for ${type} services`));
  }
  if (!['None', 'ClientIP'].includes(stringAt(own, 'sessionAffinity')))
    errors.push(notSupported('spec.sessionAffinity', own.sessionAffinity, ['ClientIP', 'None']));
  errors.push(...validateLabels(objectAt(own, 'selector'), 'spec.selector'));
  if (old) {
    const before = stringAt(spec(old), 'clusterIP');
    if (
      before !== '' &&
      type !== 'ExternalName' &&
      stringAt(spec(old), 'type') !== 'ExternalName' &&
      stringAt(own, 'clusterIP') !== before
    )
      errors.push(invalid('spec.clusterIPs[0]', arrayAt(own, 'clusterIPs')[0] ?? null, 'may not change once set'));
  }
  return errors;
}

function portsText(object: JsonObject): string {
  const texts = objectsAt(spec(object), 'ports').map((port) => {
    const node = numberAt(port, 'nodePort');
    return `${String(port.port)}${node ? `:${node}` : ''}/${stringAt(port, 'protocol')}`;
  });
  return texts.join(',') || '<none>';
}

function externalText(object: JsonObject): string {
  const own = spec(object);
  if (own.type === 'ExternalName') return stringAt(own, 'externalName');
  const ingress = objectsAt(objectAt(objectAt(object, 'status'), 'loadBalancer'), 'ingress');
  const addresses = [...arrayAt(own, 'externalIPs'), ...ingress.map((each) => each.ip ?? each.hostname)];
  if (addresses.length > 0) return addresses.join(',');
  return own.type === 'LoadBalancer' ? '<pending>' : '<none>';
}

export const serviceKind = defineKind({
  type: services,
  schema: 'io.k8s.api.core.v1.Service',
  shortNames: ['svc'],
  categories: ['all'],
  nameRule: 'label1035',
  subresources: [
    { name: 'proxy', kind: 'ServiceProxyOptions', verbs: ['create', 'delete', 'get', 'patch', 'update'] },
    statusSubresource('Service'),
  ],
  setDefaults,
  prepareForCreate: (draft) => {
    draft.status = { loadBalancer: {} };
  },
  prepareForUpdate: (draft, old) => {
    const own = spec(draft);
    const before = spec(old);
    if (own.type === 'ExternalName') return;
    // A client that leaves out what the server chose means to keep it.
    for (const key of ['clusterIP', 'clusterIPs'])
      if (own[key] === undefined && before[key] !== undefined) own[key] = before[key];
    if (own.type === 'ClusterIP') return;
    for (const port of objectsAt(own, 'ports')) {
      const same = objectsAt(before, 'ports').find(
        (each) => each.port === port.port && each.protocol === port.protocol,
      );
      if (!port.nodePort && same?.nodePort !== undefined) port.nodePort = same.nodePort;
    }
  },
  validate,
  columns: [
    nameColumn,
    { name: 'Type', type: 'string', cell: (object) => stringAt(spec(object), 'type') },
    { name: 'Cluster-IP', type: 'string', cell: (object) => stringAt(spec(object), 'clusterIP') || '<none>' },
    { name: 'External-IP', type: 'string', cell: externalText },
    { name: 'Port(s)', type: 'string', cell: portsText },
    ageColumn,
    {
      name: 'Selector',
      type: 'string',
      priority: 1,
      cell: (object) =>
        Object.entries(objectAt(spec(object), 'selector'))
          .map(([key, value]) => `${key}=${String(value)}`)
          .join(',') || '<none>',
    },
  ],
  fields: {
    'spec.clusterIP': (object) => stringAt(spec(object), 'clusterIP'),
    'spec.type': (object) => stringAt(spec(object), 'type'),
  },
});
