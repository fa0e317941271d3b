import { checkEnum, checkName, checkOptionalEnum, isPort, portNameProblems, portProblem } from '../checks.js';
import { duplicate, type FieldError, forbidden, invalid, notFound, notSupported, required } from '../field-error.js';
import { isJsonObject, type JsonObject, objectAt, objectsAt, stringAt } from '../json.js';
import { configKeyProblems, labelProblems, subdomainProblems } from '../names.js';
import { checkContainerResources } from '../resources.js';
import { checkUsedClaims } from './pod-resources.validation.js';
import { checkSecurityContext } from './security.validation.js';
import { checkDescendingPath, checkFieldRef, checkResourceFieldRef } from './volume.validation.js';

export interface PodScope {
  /** The volumes by name. */
  volumes: ReadonlyMap<string, JsonObject>;
  /** The names of the pod's resource claims. */
  claims: ReadonlySet<string>;
  restartPolicy: string;
  /** False: the pod has a user namespace of its own. */
  hostUsers: boolean;
}

const protocols = ['SCTP', 'TCP', 'UDP'];
const pullPolicies = ['Always', 'IfNotPresent', 'Never'];

function checkPorts(container: JsonObject, at: string, errors: FieldError[]): void {
  const names = new Set<string>();
  objectsAt(container, 'ports').forEach((port, index) => {
    const field = `${at}.ports[${index}]`;
    const name = stringAt(port, 'name');
    if (name !== '') {
      const problems = portNameProblems(name);
      for (const problem of problems) errors.push(invalid(`${field}.name`, name, problem));
      if (problems.length === 0 && names.has(name)) errors.push(duplicate(`${field}.name`, name));
      names.add(name);
    }
    if (port.containerPort === undefined || port.containerPort === 0) errors.push(required(`${field}.containerPort`));
    else if (!isPort(port.containerPort))
      errors.push(invalid(`${field}.containerPort`, port.containerPort, portProblem));
    if (port.hostPort !== undefined && port.hostPort !== 0 && !isPort(port.hostPort))
      errors.push(invalid(`${field}.hostPort`, port.hostPort, portProblem));
    checkEnum(port, 'protocol', field, protocols, errors);
  });
}

const envFields = [
  'metadata.name',
  'metadata.namespace',
  'metadata.uid',
  'spec.nodeName',
  'spec.serviceAccountName',
  'status.hostIP',
  'status.hostIPs',
  'status.podIP',
  'status.podIPs',
];
const printable = /^[ -<>-~]+$/;
const envNameProblem =
  "a valid environment variable name must consist only of printable ASCII characters other than '='";
const envSources = ['fieldRef', 'resourceFieldRef', 'configMapKeyRef', 'secretKeyRef', 'fileKeyRef'];

function checkEnv(container: JsonObject, at: string, errors: FieldError[]): void {
  objectsAt(container, 'env').forEach((env, index) => {
    const field = `${at}.env[${index}]`;
    const name = stringAt(env, 'name');
    if (name === '') errors.push(required(`${field}.name`));
    else if (!printable.test(name)) errors.push(invalid(`${field}.name`, name, envNameProblem));
    if (isJsonObject(env.valueFrom)) checkEnvSource(env, env.valueFrom, `${field}.valueFrom`, errors);
  });
}

function checkEnvSource(env: JsonObject, from: JsonObject, at: string, errors: FieldError[]): void {
  const count = envSources.filter((key) => isJsonObject(from[key])).length;
  if (isJsonObject(from.fieldRef)) checkFieldRef(from.fieldRef, `${at}.fieldRef`, envFields, errors);
  if (isJsonObject(from.resourceFieldRef))
    checkResourceFieldRef(from.resourceFieldRef, `${at}.resourceFieldRef`, false, errors);
  for (const source of ['configMapKeyRef', 'secretKeyRef']) {
    const ref = from[source];
    if (!isJsonObject(ref)) continue;
    const name = stringAt(ref, 'name');
    checkName(name, `${at}.${source}.name`, subdomainProblems, errors);
    const key = stringAt(ref, 'key');
    if (key === '') errors.push(required(`${at}.${source}.key`));
    else checkName(key, `${at}.${source}.key`, configKeyProblems, errors);
  }
  if (isJsonObject(from.fileKeyRef)) checkFileKey(from.fileKeyRef, `${at}.fileKeyRef`, errors);
  if (count === 0)
    errors.push(
      invalid(
        at,
        '',
        'must specify one of: `fieldRef`, `resourceFieldRef`, `configMapKeyRef`, `secretKeyRef` or `fileKeyRef`',
      ),
    );
  else if (stringAt(env, 'value') !== '')
    errors.push(invalid(at, '', 'may not be specified when `value` is not empty'));
  else if (count > 1) errors.push(invalid(at, '', 'may not have more than one field specified at a time'));
}

function checkFileKey(ref: JsonObject, at: string, errors: FieldError[]): void {
  const key = stringAt(ref, 'key');
  if (key === '') errors.push(required(`${at}.key`));
  else if (!printable.test(key)) errors.push(invalid(`${at}.key`, key, envNameProblem));
  const volume = stringAt(ref, 'volumeName');
  if (volume === '') errors.push(required(`${at}.volumeName`));
  else checkName(volume, `${at}.volumeName`, labelProblems, errors);
  const path = stringAt(ref, 'path');
  if (path === '') errors.push(required(`${at}.path`));
  else if (path.split('/').includes('..')) errors.push(invalid(`${at}.path`, path, "must not contain '..'"));
}

function checkEnvFrom(container: JsonObject, at: string, errors: FieldError[]): void {
  objectsAt(container, 'envFrom').forEach((source, index) => {
    const field = `${at}.envFrom[${index}]`;
    const prefix = stringAt(source, 'prefix');
    if (prefix !== '' && !printable.test(prefix)) errors.push(invalid(`${field}.prefix`, prefix, envNameProblem));
    let count = 0;
    for (const key of ['configMapRef', 'secretRef']) {
      const ref = source[key];
      if (!isJsonObject(ref)) continue;
      count += 1;
      const name = stringAt(ref, 'name');
      if (name === '') errors.push(required(`${field}.${key}.name`));
      else checkName(name, `${field}.${key}.name`, subdomainProblems, errors);
    }
    if (count === 0) errors.push(invalid(`${at}.envFrom`, '', 'must specify one of: `configMapRef` or `secretRef`'));
    if (count > 1) errors.push(invalid(`${at}.envFrom`, '', 'may not have more than one field specified at a time'));
  });
}

function checkMounts(container: JsonObject, at: string, scope: PodScope, errors: FieldError[]): void {
  const paths = new Set<string>();
  const devices = objectsAt(container, 'volumeDevices');
  objectsAt(container, 'volumeMounts').forEach((mount, index) => {
    const field = `${at}.volumeMounts[${index}]`;
    const name = stringAt(mount, 'name');
    const path = stringAt(mount, 'mountPath');
    if (name === '') errors.push(required(`${field}.name`));
    if (!scope.volumes.has(name)) errors.push(notFound(`${field}.name`, name));
    if (path === '') errors.push(required(`${field}.mountPath`));
    if (paths.has(path)) errors.push(invalid(`${field}.mountPath`, path, 'must be unique'));
    paths.add(path);
    if (devices.some((each) => each.name === name))
      errors.push(invalid(`${field}.name`, name, 'must not already exist in volumeDevices'));
    if (devices.some((each) => each.devicePath === path))
      errors.push(invalid(`${field}.mountPath`, path, 'must not already exist as a path in volumeDevices'));
    const subPath = stringAt(mount, 'subPath');
    if (subPath !== '') checkDescendingPath(subPath, `${field}.subPath`, errors);
    const expression = stringAt(mount, 'subPathExpr');
    if (expression !== '') {
      if (subPath !== '')
        errors.push(invalid(`${field}.subPathExpr`, expression, 'subPathExpr and subPath are mutually exclusive'));
      checkDescendingPath(expression, `${field}.subPathExpr`, errors);
    }
    checkOptionalEnum(
      mount,
      'mountPropagation',
      `${at}.volumeMounts`,
      ['Bidirectional', 'HostToContainer', 'None'],
      errors,
    );
    if (mount.mountPropagation === 'Bidirectional' && objectAt(container, 'securityContext').privileged !== true)
      errors.push(
        forbidden(
          `${field}.mountPropagation`,
          'Bidirectional mount propagation is available only to privileged containers',
        ),
      );
    checkRecursiveReadOnly(mount, `${field}.recursiveReadOnly`, `${at}.volumeMounts.recursiveReadOnly`, errors);
  });
}

function checkRecursiveReadOnly(mount: JsonObject, field: string, place: string, errors: FieldError[]): void {
  switch (mount.recursiveReadOnly) {
    case undefined:
    case 'Disabled':
      return;
    case 'Enabled':
    case 'IfPossible':
      if (mount.readOnly !== true) errors.push(forbidden(field, 'may only be specified when readOnly is true'));
      if (mount.mountPropagation !== undefined && mount.mountPropagation !== 'None')
        errors.push(forbidden(field, 'may only be specified when mountPropagation is None or not specified'));
      return;
    default:
      errors.push(notSupported(place, mount.recursiveReadOnly, ['Disabled', 'Enabled', 'IfPossible']));
  }
}

function checkDevices(container: JsonObject, at: string, scope: PodScope, errors: FieldError[]): void {
  const names = new Set<string>();
  const paths = new Set<string>();
  objectsAt(container, 'volumeDevices').forEach((device, index) => {
    const field = `${at}.volumeDevices[${index}]`;
    const name = stringAt(device, 'name');
    const path = stringAt(device, 'devicePath');
    const volume = scope.volumes.get(name);
    if (name === '') errors.push(required(`${field}.name`));
    if (names.has(name)) errors.push(invalid(`${field}.name`, name, 'must be unique'));
    if (!volume) errors.push(notFound(`${field}.name`, name));
    else if (!isJsonObject(volume.persistentVolumeClaim) && !isJsonObject(volume.ephemeral))
      errors.push(
        invalid(
          `${field}.name`,
          name,
          'can only use volume source type of PersistentVolumeClaim or Ephemeral for block mode',
        ),
      );
    if (path === '') errors.push(required(`${field}.devicePath`));
    if (paths.has(path)) errors.push(invalid(`${field}.devicePath`, path, 'must be unique'));
    if (path.includes('..')) errors.push(invalid(`${field}.devicePath`, path, "can not contain backsteps ('..')"));
    names.add(name);
    paths.add(path);
  });
}

function checkResizePolicy(container: JsonObject, at: string, scope: PodScope, errors: FieldError[]): void {
  const seen = new Set<string>();
  objectsAt(container, 'resizePolicy').forEach((policy, index) => {
    const name = stringAt(policy, 'resourceName');
    if (seen.has(name)) errors.push(duplicate(`${at}.resizePolicy[${index}]`, name));
    seen.add(name);
    if (name === '') errors.push(required(`${at}.resizePolicy`));
    else if (name !== 'cpu' && name !== 'memory')
      errors.push(notSupported(`${at}.resizePolicy`, name, ['cpu', 'memory']));
    const restart = stringAt(policy, 'restartPolicy');
    if (restart === '') errors.push(required(`${at}.resizePolicy`));
    else if (restart !== 'NotRequired' && restart !== 'RestartContainer')
      errors.push(notSupported(`${at}.resizePolicy`, restart, ['NotRequired', 'RestartContainer']));
    else if (scope.restartPolicy === 'Never' && restart !== 'NotRequired')
      errors.push(invalid(`${at}.resizePolicy`, restart, "must be 'NotRequired' when pod `restartPolicy` is 'Never'"));
  });
}

/** What holds of every container: ordinary, init and ephemeral ones. */
export function checkContainer(container: JsonObject, at: string, scope: PodScope, errors: FieldError[]): void {
  const name = stringAt(container, 'name');
  if (name === '') errors.push(required(`${at}.name`));
  else checkName(name, `${at}.name`, labelProblems, errors);
  if (stringAt(container, 'image') === '') errors.push(required(`${at}.image`));
  checkEnum(container, 'terminationMessagePolicy', at, ['File', 'FallbackToLogsOnError'], errors);
  if (container.ports !== undefined) checkPorts(container, at, errors);
  if (container.env !== undefined) checkEnv(container, at, errors);
  if (container.envFrom !== undefined) checkEnvFrom(container, at, errors);
  if (container.volumeMounts !== undefined) checkMounts(container, at, scope, errors);
  if (container.volumeDevices !== undefined) checkDevices(container, at, scope, errors);
  checkEnum(container, 'imagePullPolicy', at, pullPolicies, errors);
  if (isJsonObject(container.resources)) {
    checkUsedClaims(container.resources, scope.claims, `${at}.resources`, errors);
    checkContainerResources(container.resources, `${at}.resources`, errors);
  }
  if (container.resizePolicy !== undefined) checkResizePolicy(container, at, scope, errors);
  if (isJsonObject(container.securityContext))
    checkSecurityContext(container.securityContext, `${at}.securityContext`, scope.hostUsers, errors);
}
