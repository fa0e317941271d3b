import { BlockList } from 'node:net';
import { cidrProblem, isIPv6, isPort, portNameProblems, portProblem } from '../checks.js';
import { column, selectorText, specOf } from '../columns.js';
import { ageColumn, defineKind, nameColumn } from '../definition.js';
import { type FieldError, forbidden, invalid, notSupported, required } from '../field-error.js';
import { arrayAt, isJsonObject, type JsonObject, numberAt, objectAt, objectsAt, stringAt } from '../json.js';
import { validateLabelSelector } from '../metadata.js';
import { presentAt, setDefault } from '../pod/pod.defaults.js';
import { networkPolicies } from '../refs.js';

function checkPort(port: JsonObject, at: string, errors: FieldError[]): void {
  const { protocol } = port;
  if (protocol !== undefined && !['TCP', 'UDP', 'SCTP'].includes(String(protocol)))
    errors.push(notSupported(`${at}.protocol`, protocol, ['TCP', 'UDP', 'SCTP']));
  const end = numberAt(port, 'endPort');
  const endField = `${at}.endPort`;
  if (typeof port.port === 'number') {
    if (!isPort(port.port)) errors.push(invalid(`${at}.port`, port.port, portProblem));
    if (end === undefined) return;
    if (end < port.port) errors.push(invalid(endField, port.port, 'must be greater than or equal to `port`'));
    if (!isPort(end)) errors.push(invalid(endField, end, portProblem));
  } else if (typeof port.port === 'string') {
    if (end !== undefined) errors.push(invalid(endField, end, 'may not be specified when `port` is non-numeric'));
    for (const problem of portNameProblems(port.port)) errors.push(invalid(`${at}.port`, port.port, problem));
  } else if (end !== undefined)
    errors.push(invalid(endField, end, 'may not be specified when `port` is not specified'));
}

function checkBlock(block: JsonObject, at: string, errors: FieldError[]): void {
  const cidr = stringAt(block, 'cidr');
  if (cidr === '') {
    errors.push(required(`${at}.cidr`));
    return;
  }
  const problem = cidrProblem(cidr);
  if (problem) errors.push(invalid(`${at}.cidr`, cidr, problem));
  arrayAt(block, 'except').forEach((each, index) => {
    const except = String(each);
    const field = `${at}.except[${index}]`;
    const wrong = cidrProblem(except);
    if (wrong) errors.push(invalid(field, except, wrong));
    else if (!problem && !isInside(except, cidr))
      errors.push(invalid(field, except, 'must be a strict subset of `cidr`'));
  });
}

function isInside(inner: string, outer: string): boolean {
  const [base = '', bits = ''] = outer.split('/');
  const [address = '', own = ''] = inner.split('/');
  if (isIPv6(base) !== isIPv6(address) || Number(own) <= Number(bits)) return false;
  const family = isIPv6(base) ? 'ipv6' : 'ipv4';
  const list = new BlockList();
  list.addSubnet(base, Number(bits), family);
  return list.check(address, family);
}

function checkPeer(peer: JsonObject, at: string, errors: FieldError[]): void {
  let count = 0;
  for (const key of ['podSelector', 'namespaceSelector']) {
    const selector = peer[key];
    if (!isJsonObject(selector)) continue;
    count += 1;
    errors.push(...validateLabelSelector(selector, `${at}.${key}`));
  }
  if (isJsonObject(peer.ipBlock)) {
    checkBlock(peer.ipBlock, `${at}.ipBlock`, errors);
    if (count > 0) errors.push(forbidden(at, 'may not specify both ipBlock and another peer'));
  } else if (count === 0) errors.push(required(at, 'must specify a peer'));
}

const policyTypes = ['Ingress', 'Egress'];

function validate(object: JsonObject): FieldError[] {
  const spec = specOf(object);
  const errors = validateLabelSelector(objectAt(spec, 'podSelector'), 'spec.podSelector');
  for (const [list, peers] of [
    ['ingress', 'from'],
    ['egress', 'to'],
  ] as const)
    objectsAt(spec, list).forEach((rule, index) => {
      const at = `spec.${list}[${index}]`;
      objectsAt(rule, 'ports').forEach((port, number) => {
        checkPort(port, `${at}.ports[${number}]`, errors);
      });
      objectsAt(rule, peers).forEach((peer, number) => {
        checkPeer(peer, `${at}.${peers}[${number}]`, errors);
      });
    });
  const types = arrayAt(spec, 'policyTypes').map(String);
  if (types.length > 2)
    return [...errors, invalid('spec.policyTypes', types, 'may not specify more than two policyTypes')];
  types.forEach((type, index) => {
    if (!policyTypes.includes(type)) errors.push(notSupported(`spec.policyTypes[${index}]`, type, policyTypes));
  });
  return errors;
}

export const networkPolicyKind = defineKind({
  type: networkPolicies,
  schema: 'io.k8s.api.networking.v1.NetworkPolicy',
  shortNames: ['netpol'],
  generationOf: ['spec'],
  setDefaults: (draft) => {
    const spec = presentAt(draft, 'spec');
    setDefault(spec, 'podSelector', {});
    if (arrayAt(spec, 'policyTypes').length === 0)
      spec.policyTypes = arrayAt(spec, 'egress').length > 0 ? ['Ingress', 'Egress'] : ['Ingress'];
    for (const rule of [...objectsAt(spec, 'ingress'), ...objectsAt(spec, 'egress')])
      for (const port of objectsAt(rule, 'ports')) setDefault(port, 'protocol', 'TCP');
  },
  validate,
  columns: [
    nameColumn,
    column('Pod-Selector', (object) => selectorText(objectAt(specOf(object), 'podSelector'))),
    ageColumn,
  ],
});
