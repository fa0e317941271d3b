import { checkEndpointIp, checkEnum, checkName, ipProblem, isPort, portProblem } from '../checks.js';
import { column } from '../columns.js';
import { ageColumn, defineKind, nameColumn } from '../definition.js';
import { type FieldError, invalid, required } from '../field-error.js';
import { isSame, type JsonObject, objectsAt, stringAt } from '../json.js';
import { labelProblems, qualifiedNameProblems, subdomainProblems } from '../names.js';
import { setZero } from '../pod/pod.defaults.js';
import { endpoints } from '../refs.js';

const most = 3;

/** `10.0.0.1:80,10.0.0.2:80,10.0.0.3:80 + 2 more...` */
function endpointsText(object: JsonObject): string {
  const subsets = objectsAt(object, 'subsets');
  if (subsets.length === 0) return '<none>';
  const texts = subsets.flatMap((subset) => {
    const ips = objectsAt(subset, 'addresses').map((each) => stringAt(each, 'ip'));
    const ports = objectsAt(subset, 'ports');
    if (ports.length === 0) return ips;
    return ports.flatMap((port) => ips.map((ip) => `${ip.includes(':') ? `[${ip}]` : ip}:${String(port.port)}`));
  });
  const shown = texts.slice(0, most).join(',');
  return texts.length > most ? `${shown} + ${texts.length - most} more...` : shown;
}

function checkAddress(address: JsonObject, at: string, errors: FieldError[]): void {
  const before = errors.length;
  checkEndpointIp(stringAt(address, 'ip'), `${at}.ip`, errors);
  // What is no address is told twice.
  if (errors.length > before && ipProblem(stringAt(address, 'ip')))
    errors.push(invalid(`${at}.ip`, stringAt(address, 'ip'), 'must be a valid IP address'));
  if (stringAt(address, 'hostname') !== '')
    checkName(stringAt(address, 'hostname'), `${at}.hostname`, labelProblems, errors);
  if (typeof address.nodeName === 'string') checkName(address.nodeName, `${at}.nodeName`, subdomainProblems, errors);
}

function validate(object: JsonObject, old: JsonObject | undefined): FieldError[] {
  const errors: FieldError[] = [];
  if (old && isSame(object.subsets, old.subsets)) return errors;
  objectsAt(object, 'subsets').forEach((subset, index) => {
    const at = `subsets[${index}]`;
    const lists = ['addresses', 'notReadyAddresses'];
    if (lists.every((list) => objectsAt(subset, list).length === 0))
      errors.push(required(at, 'must specify `addresses` or `notReadyAddresses`'));
    for (const list of lists)
      objectsAt(subset, list).forEach((address, number) => {
        checkAddress(address, `${at}.${list}[${number}]`, errors);
      });
    const ports = objectsAt(subset, 'ports');
    ports.forEach((port, number) => {
      const field = `${at}.ports[${number}]`;
      const name = stringAt(port, 'name');
      if (name !== '') checkName(name, `${field}.name`, labelProblems, errors);
      else if (ports.length > 1) errors.push(required(`${field}.name`));
      if (!isPort(port.port)) errors.push(invalid(`${field}.port`, port.port ?? 0, portProblem));
      checkEnum(port, 'protocol', field, ['SCTP', 'TCP', 'UDP'], errors);
      if (typeof port.appProtocol === 'string')
        checkName(port.appProtocol, `${field}.appProtocol`, qualifiedNameProblems, errors);
    });
  });
  return errors;
}

export const endpointsKind = defineKind({
  type: endpoints,
  schema: 'io.k8s.api.core.v1.Endpoints',
  singular: 'endpoints',
  shortNames: ['ep'],
  setDefaults: (draft) => {
    for (const subset of objectsAt(draft, 'subsets'))
      for (const port of objectsAt(subset, 'ports')) setZero(port, 'protocol', 'TCP');
  },
  validate,
  columns: [nameColumn, column('Endpoints', endpointsText), ageColumn],
});
