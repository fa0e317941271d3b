import { checkEndpointIp, checkEnum, checkName, isIPv6 } from '../checks.js';
import { column, someOf, textColumn } from '../columns.js';
import { ageColumn, defineKind, nameColumn } from '../definition.js';
import { duplicate, type FieldError, invalid, notSupported, required, tooMany } from '../field-error.js';
import { arrayAt, isJsonObject, isSame, type JsonObject, objectAt, objectsAt, stringAt } from '../json.js';
import { checkLabels, immutable } from '../metadata.js';
import { labelProblems, labelValueProblems, qualifiedNameProblems, subdomainProblems } from '../names.js';
import { setDefault } from '../pod/pod.defaults.js';
import { endpointSlices } from '../refs.js';

const addressTypes = ['FQDN', 'IPv4', 'IPv6'];
const mostEndpoints = 1000;
const mostAddresses = 100;
const mostPorts = 20_000;

const hints = [
  ['forZones', labelValueProblems],
  ['forNodes', subdomainProblems],
] as const;

function checkAddress(address: string, type: string, field: string, errors: FieldError[]): void {
  if (type === 'FQDN') {
    checkName(address, field, subdomainProblems, errors);
    return;
  }
  const before = errors.length;
  checkEndpointIp(address, field, errors);
  if (errors.length === before && isIPv6(address) !== (type === 'IPv6'))
    errors.push(invalid(field.replace(/\[\d+\]$/, ''), address, `must be an ${type} address`));
}

function checkEndpoint(endpoint: JsonObject, type: string, at: string, errors: FieldError[]): void {
  const addresses = arrayAt(endpoint, 'addresses').map(String);
  if (addresses.length === 0) errors.push(required(`${at}.addresses`, 'must contain at least 1 address'));
  else if (addresses.length > mostAddresses) errors.push(tooMany(`${at}.addresses`, addresses.length, mostAddresses));
  addresses.forEach((address, index) => {
    checkAddress(address, type, `${at}.addresses[${index}]`, errors);
  });
  if (typeof endpoint.nodeName === 'string') checkName(endpoint.nodeName, `${at}.nodeName`, subdomainProblems, errors);
  const topology = endpoint.deprecatedTopology;
  if (isJsonObject(topology)) checkLabels(topology, `${at}.deprecatedTopology`, errors);
  if (typeof endpoint.hostname === 'string') checkName(endpoint.hostname, `${at}.hostname`, labelProblems, errors);
  for (const [list, problemsOf] of hints) {
    const given = objectsAt(objectAt(endpoint, 'hints'), list).map((each) => stringAt(each, 'name'));
    const field = `${at}.hints.${list}`;
    if (given.length > 8) {
      errors.push(tooMany(field, given.length, 8));
      return;
    }
    given.forEach((name, index) => {
      if (given.indexOf(name) < index) errors.push(duplicate(`${field}[${index}].name`, name));
      checkName(name, `${field}[${index}].name`, problemsOf, errors);
    });
  }
}

function checkPorts(object: JsonObject, errors: FieldError[]): void {
  const ports = objectsAt(object, 'ports');
  if (ports.length > mostPorts) {
    errors.push(tooMany('ports', ports.length, mostPorts));
    return;
  }
  const names = new Set<string>();
  ports.forEach((port, index) => {
    const at = `ports[${index}]`;
    const name = stringAt(port, 'name');
    if (name !== '') checkName(name, `${at}.name`, labelProblems, errors);
    if (names.has(name)) errors.push(duplicate(`${at}.name`, name));
    names.add(name);
    checkEnum(port, 'protocol', at, ['SCTP', 'TCP', 'UDP'], errors);
    if (typeof port.appProtocol === 'string')
      checkName(port.appProtocol, `${at}.appProtocol`, qualifiedNameProblems, errors);
  });
}

function validate(object: JsonObject, old: JsonObject | undefined): FieldError[] {
  const errors: FieldError[] = [];
  const type = stringAt(object, 'addressType');
  if (type === '') errors.push(required('addressType'));
  else if (!addressTypes.includes(type)) errors.push(notSupported('addressType', type, addressTypes));
  else if (!old || !isSame(object.endpoints, old.endpoints)) {
    const endpoints = objectsAt(object, 'endpoints');
    if (endpoints.length > mostEndpoints) errors.push(tooMany('endpoints', endpoints.length, mostEndpoints));
    else
      endpoints.forEach((endpoint, index) => {
        checkEndpoint(endpoint, type, `endpoints[${index}]`, errors);
      });
  }
  checkPorts(object, errors);
  return [...errors, ...immutable(object, old, ['addressType'])];
}

const portTexts = (object: JsonObject) =>
  objectsAt(object, 'ports').map((port) => String(port.port ?? (stringAt(port, 'name') || '*')));

export const endpointSliceKind = defineKind({
  type: endpointSlices,
  schema: 'io.k8s.api.discovery.v1.EndpointSlice',
  generationOf: ['endpoints', 'ports', 'addressType'],
  setDefaults: (draft) => {
    for (const port of objectsAt(draft, 'ports')) {
      setDefault(port, 'name', '');
      setDefault(port, 'protocol', 'TCP');
    }
  },
  validate,
  columns: [
    nameColumn,
    textColumn('AddressType', 'addressType'),
    column('Ports', (object) => someOf(portTexts(object), '<unset>')),
    column('Endpoints', (object) =>
      someOf(
        objectsAt(object, 'endpoints').flatMap((each) => arrayAt(each, 'addresses').map(String)),
        '<unset>',
      ),
    ),
    ageColumn,
  ],
});
