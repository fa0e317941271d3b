import {
  checkEndpointIp,
  checkEnum,
  checkName,
  checkPortNumberOrName,
  cidrProblem,
  ipProblem,
  isIPv6,
  isPort,
  portProblem,
} from '../checks.js';
import { specOf } from '../columns.js';
import { duplicate, type FieldError, forbidden, invalid, notSupported, required } from '../field-error.js';
import { arrayAt, isJsonObject, type JsonObject, numberAt, objectAt, objectsAt, stringAt } from '../json.js';
import { validateLabels } from '../metadata.js';
import { labelProblems, qualifiedNameProblems, subdomainProblems } from '../names.js';

const types = ['ClusterIP', 'ExternalName', 'LoadBalancer', 'NodePort'];
const protocols = ['SCTP', 'TCP', 'UDP'];

const isHeadless = (spec: JsonObject) => spec.clusterIP === 'None' || arrayAt(spec, 'clusterIPs')[0] === 'None';
const isExternal = (spec: JsonObject) =>
  spec.type === 'LoadBalancer' ||
  spec.type === 'NodePort' ||
  (spec.type === 'ClusterIP' && arrayAt(spec, 'externalIPs').length > 0);
export const needsHealthCheck = (spec: JsonObject): boolean =>
  spec.type === 'LoadBalancer' && spec.externalTrafficPolicy === 'Local';

function checkPorts(spec: JsonObject, errors: FieldError[]): void {
  const ports = objectsAt(spec, 'ports');
  const names = new Set<string>();
  ports.forEach((port, index) => {
    const at = `spec.ports[${index}]`;
    const name = stringAt(port, 'name');
    if (name !== '') {
      checkName(name, `${at}.name`, labelProblems, errors);
      if (names.has(name)) errors.push(duplicate(`${at}.name`, name));
      names.add(name);
    } else if (ports.length > 1) errors.push(required(`${at}.name`));
    if (!isPort(port.port)) errors.push(invalid(`${at}.port`, port.port ?? 0, portProblem));
    checkEnum(port, 'protocol', at, protocols, errors);
    checkPortNumberOrName(port.targetPort, `${at}.targetPort`, errors);
    if (typeof port.appProtocol === 'string')
      checkName(port.appProtocol, `${at}.appProtocol`, qualifiedNameProblems, errors);
    if (spec.type === 'ClusterIP' && numberAt(port, 'nodePort'))
      errors.push(forbidden(`${at}.nodePort`, "may not be used when `type` is 'ClusterIP'"));
  });
  const nodePorts = new Set<string>();
  const numbers = new Set<string>();
  ports.forEach((port, index) => {
    if (numberAt(port, 'nodePort')) {
      const key = `${stringAt(port, 'protocol')}/${String(port.nodePort)}`;
      if (nodePorts.has(key)) errors.push(duplicate(`spec.ports[${index}].nodePort`, port.nodePort));
      nodePorts.add(key);
    }
    const key = `${stringAt(port, 'protocol')}/${String(port.port)}`;
    if (numbers.has(key)) errors.push(duplicate(`spec.ports[${index}]`, { port: port.port, protocol: port.protocol }));
    numbers.add(key);
  });
}

function checkType(spec: JsonObject, errors: FieldError[]): void {
  const { type } = spec;
  if (objectsAt(spec, 'ports').length === 0 && !isHeadless(spec) && type !== 'ExternalName')
    errors.push(required('spec.ports'));
  if ((type === 'LoadBalancer' || type === 'NodePort') && isHeadless(spec))
    errors.push(invalid('spec.clusterIPs[0]', 'None', `may not be set to 'None' for ${type} services`));
  if (type !== 'ExternalName') return;
  for (const key of ['clusterIPs', 'ipFamilies'])
    if (arrayAt(spec, key).length > 0)
      errors.push(forbidden(`spec.${key}`, 'may not be set for ExternalName services'));
  if (spec.ipFamilyPolicy !== undefined)
    errors.push(forbidden('spec.ipFamilyPolicy', 'may not be set for ExternalName services'));
  const name = stringAt(spec, 'externalName').replace(/\.$/, '');
  if (name === '') errors.push(required('spec.externalName'));
  else checkName(name, 'spec.externalName', subdomainProblems, errors);
}

function checkAffinity(spec: JsonObject, errors: FieldError[]): void {
  checkEnum(spec, 'sessionAffinity', 'spec', ['ClientIP', 'None'], errors);
  const at = 'spec.sessionAffinityConfig';
  if (spec.sessionAffinity === 'None' && spec.sessionAffinityConfig !== undefined)
    errors.push(forbidden(at, 'must not be set when session affinity is None'));
  if (spec.sessionAffinity !== 'ClientIP') return;
  const seconds = numberAt(objectAt(objectAt(spec, 'sessionAffinityConfig'), 'clientIP'), 'timeoutSeconds');
  if (seconds === undefined)
    errors.push(required(`${at}.clientIP.timeoutSeconds`, 'when session affinity type is ClientIP'));
  else if (seconds <= 0 || seconds > 86400)
    errors.push(invalid(`${at}.clientIP.timeoutSeconds`, seconds, 'must be greater than 0 and less than 86400'));
}

function checkAddresses(spec: JsonObject, errors: FieldError[]): void {
  if (spec.type === 'ExternalName') return;
  const first = stringAt(spec, 'clusterIP');
  const all = arrayAt(spec, 'clusterIPs').map(String);
  const families = arrayAt(spec, 'ipFamilies').map(String);
  const at = 'spec.clusterIPs';
  if (first !== '') {
    if (all.length > 0 && all[0] !== first) errors.push(invalid(at, all, 'first value must match `clusterIP`'));
  } else if (all.length > 0) errors.push(invalid(at, all, 'must be empty when `clusterIP` is not specified'));
  families.forEach((family, index) => {
    if (family !== 'IPv4' && family !== 'IPv6')
      errors.push(notSupported(`spec.ipFamilies[${index}]`, family, ['IPv4', 'IPv6']));
    if (families.indexOf(family) < index) errors.push(duplicate(`spec.ipFamilies[${index}]`, family));
  });
  const policy = spec.ipFamilyPolicy;
  const policies = ['PreferDualStack', 'RequireDualStack', 'SingleStack'];
  if (policy !== undefined && !policies.includes(String(policy)))
    errors.push(notSupported('spec.ipFamilyPolicy', policy, policies));
  if (all[0] === 'None' || first === 'None') {
    if (all.length > 1) errors.push(invalid(at, all, "'None' must be the first and only value"));
    return;
  }
  const before = errors.length;
  const given = all.length > 0 ? all : first === '' ? [] : [first];
  given.forEach((ip, index) => {
    checkName(ip, `${at}[${index}]`, ipProblem, errors);
  });
  if (all.length > 2) errors.push(invalid(at, all, 'may only hold up to 2 values'));
  if (errors.length > before) return;
  if (all.length === 2 && isIPv6(all[0] ?? '') === isIPv6(all[1] ?? ''))
    errors.push(invalid(at, all, 'may specify no more than one IP for each IP family'));
  given.forEach((ip, index) => {
    const family = families[index];
    if (family !== undefined && isIPv6(ip) !== (family === 'IPv6'))
      errors.push(
        invalid(`${at}[${index}]`, ip, `expected an ${family} value as indicated by \`ipFamilies[${index}]\``),
      );
  });
}

const onlyBalanced = "may only be used when `type` is 'LoadBalancer'";

function checkBalancer(spec: JsonObject, errors: FieldError[]): void {
  const isBalanced = spec.type === 'LoadBalancer';
  const ranges = arrayAt(spec, 'loadBalancerSourceRanges').map((each) => String(each).trim());
  if (ranges.length > 0 && !isBalanced) errors.push(forbidden('spec.LoadBalancerSourceRanges', onlyBalanced));
  ranges.forEach((range, index) => {
    checkName(range, `spec.LoadBalancerSourceRanges[${index}]`, cidrProblem, errors);
  });
  if (!isBalanced && spec.allocateLoadBalancerNodePorts !== undefined)
    errors.push(forbidden('spec.allocateLoadBalancerNodePorts', onlyBalanced));
  if (typeof spec.loadBalancerClass === 'string') {
    if (!isBalanced) errors.push(forbidden('spec.loadBalancerClass', onlyBalanced));
    else checkName(spec.loadBalancerClass, 'spec.loadBalancerClass', qualifiedNameProblems, errors);
  }
}

function checkTraffic(spec: JsonObject, errors: FieldError[]): void {
  const external = stringAt(spec, 'externalTrafficPolicy');
  if (!isExternal(spec)) {
    if (external !== '')
      errors.push(
        invalid('spec.externalTrafficPolicy', external, 'may only be set for externally-accessible services'),
      );
  } else checkEnum(spec, 'externalTrafficPolicy', 'spec', ['Cluster', 'Local'], errors);
  const health = numberAt(spec, 'healthCheckNodePort') ?? 0;
  if (health !== 0) {
    if (!needsHealthCheck(spec))
      errors.push(
        invalid(
          'spec.healthCheckNodePort',
          health,
          "may only be set when `type` is 'LoadBalancer' and `externalTrafficPolicy` is 'Local'",
        ),
      );
    else if (!isPort(health)) errors.push(invalid('spec.healthCheckNodePort', health, portProblem));
  }
  const internal = spec.internalTrafficPolicy;
  if (internal !== undefined && internal !== 'Cluster' && internal !== 'Local')
    errors.push(notSupported('spec.internalTrafficPolicy', internal, ['Cluster', 'Local']));
  const spread = spec.trafficDistribution;
  const spreads = ['PreferClose', 'PreferSameZone', 'PreferSameNode'];
  if (spread !== undefined && !spreads.includes(String(spread)))
    errors.push(notSupported('spec.trafficDistribution', spread, spreads));
}

function checkUpdate(spec: JsonObject, before: JsonObject, errors: FieldError[]): void {
  const at = 'spec.clusterIPs[0]';
  const had = stringAt(before, 'clusterIP');
  if (
    spec.type !== 'ExternalName' &&
    before.type !== 'ExternalName' &&
    had !== '' &&
    stringAt(spec, 'clusterIP') !== had
  )
    errors.push(
      invalid(
        at,
        spec.clusterIPs ?? null,
        stringAt(spec, 'clusterIP') === '' ? 'primary clusterIP can not be unset' : 'may not change once set',
      ),
    );
  if (
    before.type === 'LoadBalancer' &&
    spec.type === 'LoadBalancer' &&
    spec.loadBalancerClass !== before.loadBalancerClass
  )
    errors.push(invalid('spec.loadBalancerClass', spec.loadBalancerClass ?? null, 'may not change once set'));
  if (
    needsHealthCheck(before) &&
    needsHealthCheck(spec) &&
    (numberAt(spec, 'healthCheckNodePort') ?? 0) !== (numberAt(before, 'healthCheckNodePort') ?? 0)
  )
    errors.push(forbidden('spec.healthCheckNodePort', 'field is immutable'));
}

export function validateService(object: JsonObject, old: JsonObject | undefined): FieldError[] {
  const spec = specOf(object);
  const errors: FieldError[] = [];
  checkType(spec, errors);
  checkPorts(spec, errors);
  if (isJsonObject(spec.selector)) errors.push(...validateLabels(spec.selector, 'spec.selector'));
  checkAffinity(spec, errors);
  checkAddresses(spec, errors);
  arrayAt(spec, 'externalIPs').forEach((ip, index) => {
    checkEndpointIp(String(ip), `spec.externalIPs[${index}]`, errors);
  });
  checkEnum(spec, 'type', 'spec', types, errors);
  checkBalancer(spec, errors);
  checkTraffic(spec, errors);
  if (old) checkUpdate(spec, specOf(old), errors);
  return errors;
}

/** The addresses of a load balancer are for services of that type only. */
export function validateServiceStatus(object: JsonObject): FieldError[] {
  const errors: FieldError[] = [];
  const ingress = objectsAt(objectAt(objectAt(object, 'status'), 'loadBalancer'), 'ingress');
  const at = 'status.loadBalancer.ingress';
  if (ingress.length > 0 && specOf(object).type !== 'LoadBalancer')
    errors.push(forbidden(at, "may only be used when `spec.type` is 'LoadBalancer'"));
  ingress.forEach((each, index) => {
    const ip = stringAt(each, 'ip');
    const hostname = stringAt(each, 'hostname');
    if (ip !== '') checkName(ip, `${at}[${index}].ip`, ipProblem, errors);
    else if (each.ipMode !== undefined)
      errors.push(forbidden(`${at}[${index}].ipMode`, 'may not be specified when `ip` is not set'));
    if (each.ipMode !== undefined && each.ipMode !== 'VIP' && each.ipMode !== 'Proxy')
      errors.push(notSupported(`${at}[${index}].ipMode`, each.ipMode, ['Proxy', 'VIP']));
    if (hostname === '') return;
    checkName(hostname, `${at}[${index}].hostname`, subdomainProblems, errors);
    if (ipProblem(hostname) === undefined)
      errors.push(invalid(`${at}[${index}].hostname`, hostname, 'must be a DNS name, not an IP address'));
  });
  return errors;
}
