import { checkName, checkOptionalEnum, ipProblem, isPort, portNameProblems, portProblem } from '../checks.js';
import { column, defaultMark, metadataOf, specOf, textColumn } from '../columns.js';
import { ageColumn, defineKind, nameColumn, statusSubresource } from '../definition.js';
import { type FieldError, forbidden, invalid, notSupported, required, tooLong } from '../field-error.js';
import { arrayAt, isJsonObject, type JsonObject, numberAt, objectAt, objectsAt, stringAt } from '../json.js';
import { immutable } from '../metadata.js';
import { domainPathProblems, hostProblems, labelProblems, pathProblems, subdomainProblems } from '../names.js';
import { setDefault } from '../pod/pod.defaults.js';
import { ingressClasses, ingresses } from '../refs.js';

function checkReference(ref: JsonObject, at: string, errors: FieldError[]): void {
  if (typeof ref.apiGroup === 'string') checkName(ref.apiGroup, `${at}.apiGroup`, subdomainProblems, errors);
  for (const key of ['kind', 'name']) {
    const value = stringAt(ref, key);
    if (value === '') errors.push(required(`${at}.${key}`));
    else checkName(value, `${at}.${key}`, pathProblems, errors);
  }
}

function checkBackend(backend: JsonObject, at: string, errors: FieldError[]): void {
  const { resource, service } = backend;
  if (isJsonObject(resource) && isJsonObject(service)) {
    errors.push(invalid(at, '', 'cannot set both resource and service backends'));
    return;
  }
  if (isJsonObject(resource)) {
    checkReference(resource, `${at}.resource`, errors);
    return;
  }
  if (!isJsonObject(service)) {
    errors.push(invalid(at, '', 'resource or service backend is required'));
    return;
  }
  const name = stringAt(service, 'name');
  if (name === '') errors.push(required(`${at}.service.name`));
  else checkName(name, `${at}.service.name`, labelProblems, errors);
  const port = objectAt(service, 'port');
  const portName = stringAt(port, 'name');
  const number = numberAt(port, 'number') ?? 0;
  if (portName !== '' && number !== 0) errors.push(invalid(at, '', 'cannot set both port name & port number'));
  else if (portName !== '')
    for (const problem of portNameProblems(portName))
      errors.push(invalid(`${at}.service.port.name`, portName, problem));
  else if (number !== 0) {
    if (!isPort(number)) errors.push(invalid(`${at}.service.port.number`, number, portProblem));
  } else errors.push(required(at, 'port name or number is required'));
}

const badSequences = ['//', '/./', '/../', '%2f', '%2F'];
const badEnds = ['/..', '/.'];

function checkPath(path: JsonObject, at: string, errors: FieldError[]): void {
  const type = stringAt(path, 'pathType');
  const text = stringAt(path, 'path');
  if (path.pathType === undefined) {
    errors.push(required(`${at}.pathType`, 'pathType must be specified'));
    return;
  }
  if (type === 'Exact' || type === 'Prefix') {
    if (!text.startsWith('/')) errors.push(invalid(`${at}.path`, text, 'must be an absolute path'));
    for (const each of badSequences)
      if (text.includes(each)) errors.push(invalid(`${at}.path`, text, `must not contain '${each}'`));
    for (const each of badEnds)
      if (text.endsWith(each)) errors.push(invalid(`${at}.path`, text, `cannot end with '${each}'`));
  } else if (type === 'ImplementationSpecific') {
    if (text !== '' && !text.startsWith('/')) errors.push(invalid(`${at}.path`, text, 'must be an absolute path'));
  } else errors.push(notSupported(`${at}.pathType`, type, ['Exact', 'ImplementationSpecific', 'Prefix']));
  checkBackend(objectAt(path, 'backend'), `${at}.backend`, errors);
}

function checkRule(rule: JsonObject, at: string, errors: FieldError[]): void {
  const host = stringAt(rule, 'host');
  if (host !== '') {
    if (ipProblem(host) === undefined)
      errors.push(invalid(`${at}.host`, host, 'must be a DNS name, not an IP address'));
    checkName(host, `${at}.host`, hostProblems, errors);
  }
  if (!isJsonObject(rule.http)) return;
  const paths = objectsAt(rule.http, 'paths');
  if (paths.length === 0) errors.push(required(`${at}.http.paths`));
  paths.forEach((path, index) => {
    checkPath(path, `${at}.http.paths[${index}]`, errors);
  });
}

const classAnnotation = 'kubernetes.io/ingress.class';

function validate(object: JsonObject, old: JsonObject | undefined): FieldError[] {
  const spec = specOf(object);
  const errors: FieldError[] = [];
  const rules = objectsAt(spec, 'rules');
  if (rules.length === 0 && !isJsonObject(spec.defaultBackend))
    errors.push(invalid('spec', spec.rules ?? null, 'either `defaultBackend` or `rules` must be specified'));
  if (isJsonObject(spec.defaultBackend)) checkBackend(spec.defaultBackend, 'spec.defaultBackend', errors);
  rules.forEach((rule, index) => {
    checkRule(rule, `spec.rules[${index}]`, errors);
  });
  objectsAt(spec, 'tls').forEach((tls, index) => {
    arrayAt(tls, 'hosts').forEach((host, number) => {
      checkName(String(host), `spec.tls[${index}].hosts[${number}]`, hostProblems, errors);
    });
    const secret = stringAt(tls, 'secretName');
    if (secret !== '') checkName(secret, `spec.tls[${index}].secretName`, subdomainProblems, errors);
  });
  const className = spec.ingressClassName;
  if (typeof className === 'string') checkName(className, 'spec.ingressClassName', subdomainProblems, errors);
  const annotated = objectAt(metadataOf(object), 'annotations')[classAnnotation];
  if (!old && annotated !== undefined && className !== undefined && annotated !== className)
    errors.push(
      invalid(`annotations.${classAnnotation}`, annotated, 'must match `ingressClassName` when both are specified'),
    );
  return errors;
}

function hostsText(object: JsonObject): string {
  const hosts = objectsAt(specOf(object), 'rules')
    .map((each) => stringAt(each, 'host'))
    .filter((each) => each !== '');
  if (hosts.length === 0) return '*';
  const shown = hosts.slice(0, 3).join(',');
  return hosts.length > 3 ? `${shown} + ${hosts.length - 3} more...` : shown;
}

function addressText(object: JsonObject): string {
  const ingress = objectsAt(objectAt(objectAt(object, 'status'), 'loadBalancer'), 'ingress');
  const names = ingress.map((each) => stringAt(each, 'ip') || stringAt(each, 'hostname'));
  return [...new Set(names.filter((each) => each !== ''))].sort().join(',');
}

export const ingressKind = defineKind({
  type: ingresses,
  schema: 'io.k8s.api.networking.v1.Ingress',
  shortNames: ['ing'],
  subresources: [
    statusSubresource('Ingress', {
      validate: (object) => {
        const errors: FieldError[] = [];
        const ingress = objectsAt(objectAt(objectAt(object, 'status'), 'loadBalancer'), 'ingress');
        ingress.forEach((each, index) => {
          const at = `status.loadBalancer.ingress[${index}]`;
          const hostname = stringAt(each, 'hostname');
          if (stringAt(each, 'ip') !== '') checkName(stringAt(each, 'ip'), `${at}.ip`, ipProblem, errors);
          if (hostname === '') return;
          checkName(hostname, `${at}.hostname`, subdomainProblems, errors);
          if (ipProblem(hostname) === undefined)
            errors.push(invalid(`${at}.hostname`, hostname, 'must be a DNS name, not an IP address'));
        });
        return errors;
      },
    }),
  ],
  generationOf: ['spec'],
  prepareForCreate: (draft) => {
    draft.status = { loadBalancer: {} };
  },
  validate,
  columns: [
    nameColumn,
    textColumn('Class', 'spec.ingressClassName', '<none>'),
    column('Hosts', hostsText),
    column('Address', addressText),
    column('Ports', (object) => (arrayAt(specOf(object), 'tls').length > 0 ? '80, 443' : '80')),
    ageColumn,
  ],
});

function validateClass(object: JsonObject, old: JsonObject | undefined): FieldError[] {
  const errors: FieldError[] = [];
  const spec = specOf(object);
  const controller = stringAt(spec, 'controller');
  if (controller.length > 250) errors.push(tooLong('spec.controller', 250));
  if (controller === '') errors.push(required('spec.controller'));
  else checkName(controller, 'spec.controller', domainPathProblems, errors);
  if (isJsonObject(spec.parameters)) {
    const at = 'spec.parameters';
    const { parameters } = spec;
    checkReference(parameters, at, errors);
    checkOptionalEnum(parameters, 'scope', at, ['Cluster', 'Namespace'], errors);
    if (parameters.scope === 'Namespace') {
      if (parameters.namespace === undefined)
        errors.push(required(`${at}.namespace`, "`parameters.scope` is set to 'Namespace'"));
      else checkName(String(parameters.namespace), `${at}.namespace`, labelProblems, errors);
    } else if (parameters.scope === 'Cluster' && parameters.namespace !== undefined)
      errors.push(forbidden(`${at}.namespace`, "`parameters.scope` is set to 'Cluster'"));
  }
  return [...errors, ...immutable(object, old, ['spec.controller'])];
}

export const ingressClassKind = defineKind({
  type: ingressClasses,
  schema: 'io.k8s.api.networking.v1.IngressClass',
  generationOf: ['spec'],
  setDefaults: (draft) => {
    const { parameters } = specOf(draft);
    if (isJsonObject(parameters)) setDefault(parameters, 'scope', 'Cluster');
  },
  validate: validateClass,
  columns: [
    { ...nameColumn, cell: (object) => defaultMark(object, ['ingressclass.kubernetes.io/is-default-class']) },
    textColumn('Controller', 'spec.controller'),
    column('Parameters', (object) => {
      const { parameters } = specOf(object);
      if (!isJsonObject(parameters)) return '<none>';
      const group = parameters.apiGroup === undefined ? '' : `.${String(parameters.apiGroup)}`;
      return `${stringAt(parameters, 'kind')}${group}/${stringAt(parameters, 'name')}`;
    }),
    ageColumn,
  ],
});
