import { duplicate, type FieldError, forbidden, invalid, notFound, notSupported, required } from '../field-error.js';
import { isJsonObject, isSame, type Json, type JsonObject, numberAt, objectAt, objectsAt, stringAt } from '../json.js';
import { validateLabels } from '../metadata.js';
import { labelProblem, subdomainProblem } from '../names.js';

const portProblem = 'must be between 1 and 65535, inclusive';
const isPort = (value: Json | undefined): boolean => typeof value === 'number' && value >= 1 && value <= 65535;

function oneOf(object: JsonObject, key: string, field: string, allowed: readonly string[]): FieldError[] {
  const value = object[key];
  return value === undefined || allowed.includes(String(value))
    ? []
    : [notSupported(`${field}.${key}`, value, allowed)];
}

function validatePorts(container: JsonObject, field: string): FieldError[] {
  const errors: FieldError[] = [];
  const names = new Set<string>();
  objectsAt(container, 'ports').forEach((port, index) => {
    const at = `${field}.ports[${index}]`;
    if (port.containerPort === undefined) errors.push(required(`${at}.containerPort`));
    else if (!isPort(port.containerPort)) errors.push(invalid(`${at}.containerPort`, port.containerPort, portProblem));
    if (port.hostPort !== undefined && port.hostPort !== 0 && !isPort(port.hostPort))
      errors.push(invalid(`${at}.hostPort`, port.hostPort, portProblem));
    errors.push(...oneOf(port, 'protocol', at, ['SCTP', 'TCP', 'UDP']));
    const name = stringAt(port, 'name');
    if (name === '') return;
    if (!/^[a-z0-9]([a-z0-9-]*[a-z0-9])?$/.test(name) || name.length > 15 || !/[a-z]/.test(name) || name.includes('--'))
      errors.push(
        invalid(
          `${at}.name`,
          name,
          'must be no more than 15 characters, lower case alphanumeric or single dashes, with at least one letter',
        ),
      );
    if (names.has(name)) errors.push(duplicate(`${at}.name`, name));
    names.add(name);
  });
  return errors;
}

function validateProbe(probe: JsonObject, field: string): FieldError[] {
  const handlers = ['exec', 'httpGet', 'tcpSocket', 'grpc'].filter((key) => isJsonObject(probe[key]));
  const errors: FieldError[] = [];
  if (handlers.length === 0) errors.push(required(field, 'must specify a handler type'));
  if (handlers.length > 1)
    errors.push(forbidden(`${field}.${handlers[1]}`, 'may not specify more than 1 handler type'));
  for (const key of [
    'initialDelaySeconds',
    'timeoutSeconds',
    'periodSeconds',
    'successThreshold',
    'failureThreshold',
  ]) {
    const value = numberAt(probe, key);
    if (value !== undefined && value < 0)
      errors.push(invalid(`${field}.${key}`, value, 'must be greater than or equal to 0'));
  }
  for (const key of ['httpGet', 'tcpSocket', 'grpc']) {
    const handler = probe[key];
    if (!isJsonObject(handler)) continue;
    if (typeof handler.port === 'number' ? !isPort(handler.port) : stringAt(handler, 'port') === '')
      errors.push(invalid(`${field}.${key}.port`, handler.port ?? 0, portProblem));
  }
  return errors;
}

function validateEnv(container: JsonObject, field: string): FieldError[] {
  return objectsAt(container, 'env').flatMap((env, index) => {
    const at = `${field}.env[${index}]`;
    const name = stringAt(env, 'name');
    const errors: FieldError[] = [];
    if (name === '') errors.push(required(`${at}.name`));
    else if (/[=\u0000-\u001f]/.test(name))
      errors.push(
        invalid(
          `${at}.name`,
          name,
          "a valid environment variable name must consist only of printable ASCII characters other than '='",
        ),
      );
    if (isJsonObject(env.valueFrom)) {
      if (stringAt(env, 'value') !== '')
        errors.push(invalid(`${at}.valueFrom`, '', 'may not be specified when `value` is not empty'));
      const count = Object.keys(env.valueFrom).length;
      if (count === 0)
        errors.push(
          invalid(
            `${at}.valueFrom`,
            '',
            'must specify one of: `fieldRef`, `resourceFieldRef`, `configMapKeyRef`, `secretKeyRef` or `fileKeyRef`',
          ),
        );
      if (count > 1)
        errors.push(invalid(`${at}.valueFrom`, '', 'may not have more than one field specified at a time'));
    }
    return errors;
  });
}

function validateMounts(container: JsonObject, field: string, volumes: ReadonlySet<string>): FieldError[] {
  const paths = new Set<string>();
  return objectsAt(container, 'volumeMounts').flatMap((mount, index) => {
    const at = `${field}.volumeMounts[${index}]`;
    const errors: FieldError[] = [];
    const name = stringAt(mount, 'name');
    const path = stringAt(mount, 'mountPath');
    if (name === '') errors.push(required(`${at}.name`));
    else if (!volumes.has(name)) errors.push(notFound(`${at}.name`, name));
    if (path === '') errors.push(required(`${at}.mountPath`));
    if (paths.has(path)) errors.push(invalid(`${at}.mountPath`, path, 'must be unique'));
    paths.add(path);
    return errors;
  });
}

function amount(text: Json | undefined): number {
  const match = /^([+-]?[\d.]+)(.*)$/.exec(String(text));
  const suffixes: Record<string, number> = {
    n: 1e-9,
    u: 1e-6,
    m: 1e-3,
    '': 1,
    k: 1e3,
    M: 1e6,
    G: 1e9,
    T: 1e12,
    P: 1e15,
    E: 1e18,
    Ki: 2 ** 10,
    Mi: 2 ** 20,
    Gi: 2 ** 30,
    Ti: 2 ** 40,
    Pi: 2 ** 50,
    Ei: 2 ** 60,
  };
  const suffix = match?.[2] ?? '';
  return Number(match?.[1] ?? 0) * (suffixes[suffix] ?? Number(`1${suffix}`));
}

function validateResources(container: JsonObject, field: string): FieldError[] {
  const resources = objectAt(container, 'resources');
  const limits = objectAt(resources, 'limits');
  const errors: FieldError[] = [];
  for (const list of ['limits', 'requests'])
    for (const [name, value] of Object.entries(objectAt(resources, list)))
      if (amount(value) < 0)
        errors.push(invalid(`${field}.resources.${list}[${name}]`, value, 'must be greater than or equal to 0'));
  for (const [name, value] of Object.entries(objectAt(resources, 'requests')))
    if (limits[name] !== undefined && amount(value) > amount(limits[name]))
      errors.push(
        invalid(
          `${field}.resources.requests`,
          value,
          `must be less than or equal to ${name} limit of ${String(limits[name])}`,
        ),
      );
  return errors;
}

function validateContainer(
  container: JsonObject,
  field: string,
  volumes: ReadonlySet<string>,
  isInit: boolean,
): FieldError[] {
  const errors: FieldError[] = [];
  const name = stringAt(container, 'name');
  if (name === '') errors.push(required(`${field}.name`));
  else {
    const problem = labelProblem(name);
    if (problem) errors.push(invalid(`${field}.name`, name, problem));
  }
  const image = stringAt(container, 'image');
  if (image === '') errors.push(required(`${field}.image`));
  else if (image.trim() !== image)
    errors.push(invalid(`${field}.image`, image, 'must not have leading or trailing whitespace'));
  errors.push(...oneOf(container, 'imagePullPolicy', field, ['Always', 'IfNotPresent', 'Never']));
  errors.push(...oneOf(container, 'terminationMessagePolicy', field, ['FallbackToLogsOnError', 'File']));
  errors.push(...validatePorts(container, field), ...validateEnv(container, field));
  errors.push(...validateMounts(container, field, volumes), ...validateResources(container, field));
  const isSidecar = container.restartPolicy === 'Always';
  for (const probe of ['livenessProbe', 'readinessProbe', 'startupProbe']) {
    const value = container[probe];
    if (!isJsonObject(value)) continue;
    if (isInit && !isSidecar)
      errors.push(forbidden(`${field}.${probe}`, 'may not be set for init containers without restartPolicy=Always'));
    errors.push(...validateProbe(value, `${field}.${probe}`));
  }
  return errors;
}

/** `field` is where the spec stands: `spec` of a Pod, `spec.template.spec` of its owners. */
export function validatePodSpec(spec: JsonObject, field: string): FieldError[] {
  const errors: FieldError[] = [];
  const volumes = new Set<string>();
  objectsAt(spec, 'volumes').forEach((volume, index) => {
    const at = `${field}.volumes[${index}]`;
    const name = stringAt(volume, 'name');
    if (name === '') errors.push(required(`${at}.name`));
    else if (labelProblem(name)) errors.push(invalid(`${at}.name`, name, labelProblem(name) ?? ''));
    if (volumes.has(name)) errors.push(duplicate(`${at}.name`, name));
    volumes.add(name);
    const sources = Object.keys(volume).filter((key) => key !== 'name');
    if (sources.length > 1) errors.push(forbidden(`${at}.${sources[1]}`, 'may not specify more than 1 volume type'));
  });
  const containers = objectsAt(spec, 'containers');
  if (containers.length === 0) errors.push(required(`${field}.containers`));
  const names = new Set<string>();
  for (const list of ['containers', 'initContainers']) {
    objectsAt(spec, list).forEach((container, index) => {
      const at = `${field}.${list}[${index}]`;
      errors.push(...validateContainer(container, at, volumes, list === 'initContainers'));
      const name = stringAt(container, 'name');
      if (name !== '' && names.has(name)) errors.push(duplicate(`${at}.name`, name));
      names.add(name);
    });
  }
  errors.push(...oneOf(spec, 'restartPolicy', field, ['Always', 'Never', 'OnFailure']));
  errors.push(...oneOf(spec, 'dnsPolicy', field, ['ClusterFirst', 'ClusterFirstWithHostNet', 'Default', 'None']));
  errors.push(...validateLabels(objectAt(spec, 'nodeSelector'), `${field}.nodeSelector`));
  const account = stringAt(spec, 'serviceAccountName');
  if (account !== '' && subdomainProblem(account))
    errors.push(invalid(`${field}.serviceAccountName`, account, subdomainProblem(account) ?? ''));
  const grace = numberAt(spec, 'terminationGracePeriodSeconds');
  if (grace !== undefined && grace < 0)
    errors.push(invalid(`${field}.terminationGracePeriodSeconds`, grace, 'must be greater than or equal to 0'));
  const deadline = numberAt(spec, 'activeDeadlineSeconds');
  if (deadline !== undefined && deadline < 1)
    errors.push(invalid(`${field}.activeDeadlineSeconds`, deadline, 'must be between 1 and 2147483647, inclusive'));
  objectsAt(spec, 'tolerations').forEach((toleration, index) => {
    errors.push(...oneOf(toleration, 'operator', `${field}.tolerations[${index}]`, ['Equal', 'Exists', '']));
    errors.push(
      ...oneOf(toleration, 'effect', `${field}.tolerations[${index}]`, [
        'NoSchedule',
        'PreferNoSchedule',
        'NoExecute',
        '',
      ]),
    );
  });
  return errors;
}

const updatable =
  'pod updates may not change fields other than `spec.containers[*].image`,`spec.initContainers[*].image`,`spec.activeDeadlineSeconds`,`spec.tolerations` (only additions to existing tolerations),`spec.terminationGracePeriodSeconds` (allow it to be set to 1 if it was previously negative)';

/** Only images, the deadline, gates and added tolerations of a Pod may change. */
export function validatePodUpdate(pod: JsonObject, old: JsonObject): FieldError[] {
  const bound = stringAt(objectAt(old, 'spec'), 'nodeName');
  const isMoved = bound !== '' && bound !== stringAt(objectAt(pod, 'spec'), 'nodeName');
  return !isMoved && isSame(frozenPart(pod), frozenPart(old)) ? [] : [forbidden('spec', updatable)];
}

function frozenPart(pod: JsonObject): JsonObject {
  const spec: JsonObject = { ...objectAt(pod, 'spec') };
  for (const key of ['activeDeadlineSeconds', 'tolerations', 'ephemeralContainers', 'schedulingGates', 'nodeName'])
    delete spec[key];
  for (const list of ['containers', 'initContainers'])
    if (spec[list] !== undefined)
      spec[list] = objectsAt(spec, list).map((each) => ({ ...each, image: '', resources: {} }));
  return spec;
}
