import { checkEnum, checkName, ipProblem } from '../checks.js';
import {
  duplicate,
  type FieldError,
  forbidden,
  invalid,
  notFound,
  notSupported,
  required,
  tooLong,
  tooMany,
} from '../field-error.js';
import { arrayAt, isJsonObject, type JsonObject, numberAt, objectAt, objectsAt, stringAt } from '../json.js';
import { validateLabels } from '../metadata.js';
import {
  labelProblems,
  type NameProblems,
  qualifiedNameProblems,
  searchProblems,
  subdomainProblems,
} from '../names.js';
import { checkContainerResources } from '../resources.js';
import { checkContainer, type PodScope } from './container.validation.js';
import { checkPodClaims, checkPodResources } from './pod-resources.validation.js';
import { checkLifecycle, checkProbes } from './probe.validation.js';
import { checkAffinity, checkSpread, checkTolerations } from './scheduling.validation.js';
import { checkPodSecurityContext } from './security.validation.js';
import { checkVolumes } from './volume.validation.js';

const restartPolicies = ['Always', 'OnFailure', 'Never'];
const dnsPolicies = ['ClusterFirstWithHostNet', 'ClusterFirst', 'Default', 'None'];

interface Place {
  /** Where the spec stands: `spec` of a Pod, `spec.template.spec` of its owners. */
  at: string;
  grace: number;
  os: string;
  isPod: boolean;
  scope: PodScope;
  errors: FieldError[];
}

function checkImageSpace(container: JsonObject, field: string, place: Place): void {
  const image = stringAt(container, 'image');
  if (place.isPod && image.trim() !== image)
    place.errors.push(invalid(`${field}.image`, image, 'must not have leading or trailing whitespace'));
}

function checkContainers(spec: JsonObject, place: Place): void {
  const containers = objectsAt(spec, 'containers');
  if (containers.length === 0) place.errors.push(required(`${place.at}.containers`));
  const names = new Set<string>();
  containers.forEach((container, index) => {
    const field = `${place.at}.containers[${index}]`;
    checkContainer(container, field, place.scope, place.errors);
    checkImageSpace(container, field, place);
    const name = stringAt(container, 'name');
    if (names.has(name)) place.errors.push(duplicate(`${field}.name`, name));
    names.add(name);
    checkLifecycle(container, field, place.grace, place.os, place.errors);
    checkProbes(container, field, place.grace, place.errors);
    checkRestart(container, field, place.errors);
  });
  checkHostPorts(containers, `${place.at}.containers`, place.errors);
}

const exitOperators = ['In', 'NotIn'];

function checkRestartRules(rules: readonly JsonObject[], field: string, errors: FieldError[]): void {
  if (rules.length > 20) errors.push(tooMany(field, rules.length, 20));
  rules.forEach((rule, index) => {
    const at = `${field}[${index}]`;
    if (rule.action !== 'Restart' && rule.action !== 'RestartAllContainers')
      errors.push(notSupported(`${at}.action`, stringAt(rule, 'action'), ['Restart', 'RestartAllContainers']));
    const codes = rule.exitCodes;
    if (!isJsonObject(codes)) {
      errors.push(required(`${at}.exitCodes`, 'must be specified'));
      return;
    }
    if (!exitOperators.includes(stringAt(codes, 'operator')))
      errors.push(notSupported(`${at}.exitCodes.operator`, stringAt(codes, 'operator'), exitOperators));
    const { length } = arrayAt(codes, 'values');
    if (length > 255) errors.push(tooMany(`${at}.exitCodes.values`, length, 255));
  });
}

function checkRestart(container: JsonObject, field: string, errors: FieldError[]): void {
  const rules = objectsAt(container, 'restartPolicyRules');
  const policy = container.restartPolicy;
  if (rules.length > 0 && policy === undefined)
    errors.push(required(`${field}.restartPolicy`, 'must specify restartPolicy when restart rules are used'));
  if (policy !== undefined && !restartPolicies.includes(String(policy)))
    errors.push(notSupported(`${field}.restartPolicy`, policy, ['Always', 'Never', 'OnFailure']));
  checkRestartRules(rules, `${field}.restartPolicyRules`, errors);
}

function checkInitContainers(spec: JsonObject, place: Place): void {
  const names = new Set(objectsAt(spec, 'containers').map((each) => stringAt(each, 'name')));
  const containers = objectsAt(spec, 'initContainers');
  containers.forEach((container, index) => {
    const field = `${place.at}.initContainers[${index}]`;
    checkContainer(container, field, place.scope, place.errors);
    checkImageSpace(container, field, place);
    const isSidecar = container.restartPolicy === 'Always';
    if (isSidecar && objectsAt(container, 'restartPolicyRules').length > 0)
      place.errors.push(
        forbidden(
          `${field}.restartPolicyRules`,
          'restartPolicyRules are not allowed for init containers with restart policy Always',
        ),
      );
    else checkRestart(container, field, place.errors);
    const name = stringAt(container, 'name');
    if (names.has(name)) place.errors.push(duplicate(`${field}.name`, name));
    else if (name !== '') names.add(name);
    checkHostPorts([container], `${place.at}.initContainers`, place.errors);
    if (isSidecar) {
      checkLifecycle(container, field, place.grace, place.os, place.errors);
      checkProbes(container, field, place.grace, place.errors);
      return;
    }
    for (const key of ['lifecycle', 'livenessProbe', 'readinessProbe', 'startupProbe'])
      if (isJsonObject(container[key]))
        place.errors.push(
          forbidden(`${field}.${key}`, 'may not be set for init containers without restartPolicy=Always'),
        );
  });
}

const ephemeralFields = new Set([
  'name',
  'image',
  'command',
  'args',
  'workingDir',
  'envFrom',
  'env',
  'resizePolicy',
  'volumeMounts',
  'volumeDevices',
  'terminationMessagePath',
  'terminationMessagePolicy',
  'imagePullPolicy',
  'securityContext',
  'stdin',
  'stdinOnce',
  'tty',
  'targetContainerName',
]);

function checkEphemeralContainers(spec: JsonObject, place: Place): void {
  const ephemeral = objectsAt(spec, 'ephemeralContainers');
  if (ephemeral.length === 0) return;
  const others = new Set(
    [...objectsAt(spec, 'containers'), ...objectsAt(spec, 'initContainers')].map((each) => stringAt(each, 'name')),
  );
  const names = new Set(others);
  ephemeral.forEach((container, index) => {
    const field = `${place.at}.ephemeralContainers[${index}]`;
    checkContainer(container, field, place.scope, place.errors);
    checkImageSpace(container, field, place);
    const name = stringAt(container, 'name');
    if (names.has(name)) place.errors.push(duplicate(`${field}.name`, name));
    names.add(name);
    const target = stringAt(container, 'targetContainerName');
    if (target !== '' && !others.has(target)) place.errors.push(notFound(`${field}.targetContainerName`, target));
    for (const key in container) {
      if (ephemeralFields.has(key) || isEmptyObject(container[key])) continue;
      place.errors.push(forbidden(`${field}.${key}`, 'cannot be set for an Ephemeral Container'));
    }
    objectsAt(container, 'volumeMounts').forEach((mount, at) => {
      for (const key of ['subPath', 'subPathExpr'])
        if (stringAt(mount, key) !== '')
          place.errors.push(
            forbidden(`${field}.volumeMounts[${at}].${key}`, 'cannot be set for an Ephemeral Container'),
          );
    });
  });
}

function isEmptyObject(value: unknown): boolean {
  return isJsonObject(value) && Object.keys(value).length === 0;
}

function checkHostPorts(containers: readonly JsonObject[], at: string, errors: FieldError[]): void {
  let seen: Set<string> | undefined;
  containers.forEach((container, index) => {
    objectsAt(container, 'ports').forEach((port, number) => {
      if (!numberAt(port, 'hostPort')) return;
      seen ??= new Set();
      const key = `${stringAt(port, 'protocol')}/${stringAt(port, 'hostIP')}/${String(port.hostPort)}`;
      if (seen.has(key)) errors.push(duplicate(`${at}[${index}].ports[${number}].hostPort`, key));
      seen.add(key);
    });
  });
}

function checkHostNetwork(spec: JsonObject, place: Place): void {
  if (spec.hostNetwork !== true) return;
  objectsAt(spec, 'containers').forEach((container, index) => {
    objectsAt(container, 'ports').forEach((port, number) => {
      const host = numberAt(port, 'hostPort') ?? 0;
      if ((place.isPod || host !== 0) && host !== port.containerPort)
        place.errors.push(
          invalid(
            `${place.at}.containers[${index}].ports[${number}].hostPort`,
            host,
            'must match `containerPort` when `hostNetwork` is true',
          ),
        );
    });
  });
}

function checkDns(spec: JsonObject, at: string, errors: FieldError[]): void {
  checkEnum(spec, 'dnsPolicy', at, dnsPolicies, errors);
  const config = spec.dnsConfig;
  const field = `${at}.dnsConfig`;
  const isNone = spec.dnsPolicy === 'None';
  if (!isJsonObject(config)) {
    if (isNone) errors.push(required(field, 'must provide `dnsConfig` when `dnsPolicy` is None'));
    return;
  }
  const servers = arrayAt(config, 'nameservers');
  const searches = arrayAt(config, 'searches').map(String);
  if (isNone && servers.length === 0) {
    errors.push(required(`${field}.nameservers`, 'must provide at least one DNS nameserver when `dnsPolicy` is None'));
    return;
  }
  if (servers.length > 3)
    errors.push(invalid(`${field}.nameservers`, servers, 'must not have more than 3 nameservers'));
  servers.forEach((server, index) => {
    checkName(String(server), `${field}.nameservers[${index}]`, ipProblem, errors);
  });
  if (searches.length > 32)
    errors.push(invalid(`${field}.searches`, searches, 'must not have more than 32 search paths'));
  if (searches.join(' ').length > 2048)
    errors.push(
      invalid(
        `${field}.searches`,
        searches,
        'must not have more than 2048 characters (including spaces) in the search list',
      ),
    );
  searches.forEach((search, index) => {
    if (search === '.') return;
    checkName(search.replace(/\.$/, ''), `${field}.searches[${index}]`, searchProblems, errors);
  });
  objectsAt(config, 'options').forEach((option, index) => {
    if (stringAt(option, 'name') === '') errors.push(required(`${field}.options[${index}]`, 'must not be empty'));
  });
}

function checkGates(spec: JsonObject, at: string, errors: FieldError[]): void {
  objectsAt(spec, 'readinessGates').forEach((gate, index) => {
    checkName(
      stringAt(gate, 'conditionType'),
      `${at}.readinessGates[${index}].conditionType`,
      qualifiedNameProblems,
      errors,
    );
  });
  const seen = new Set<string>();
  objectsAt(spec, 'schedulingGates').forEach((gate, index) => {
    const name = stringAt(gate, 'name');
    checkName(name, `${at}.schedulingGates[${index}]`, qualifiedNameProblems, errors);
    if (seen.has(name)) errors.push(duplicate(`${at}.schedulingGates[${index}]`, name));
    seen.add(name);
  });
}

const nameRules: readonly (readonly [string, NameProblems])[] = [
  ['serviceAccountName', subdomainProblems],
  ['nodeName', subdomainProblems],
  ['hostname', labelProblems],
  ['subdomain', labelProblems],
  ['priorityClassName', subdomainProblems],
  ['runtimeClassName', subdomainProblems],
];

function checkHostname(spec: JsonObject, at: string, errors: FieldError[]): void {
  const name = spec.hostnameOverride;
  if (typeof name !== 'string') return;
  const field = `${at}.hostnameOverride`;
  if (spec.setHostnameAsFQDN === true)
    errors.push(forbidden(field, 'may not be specified when setHostnameAsFQDN is true'));
  if (spec.hostNetwork === true) errors.push(forbidden(field, 'may not be specified when hostNetwork is true'));
  if (name.length > 64) errors.push(tooLong(field, 64));
  checkName(name, field, subdomainProblems, errors);
}

/** A variable that is read from a file needs an emptyDir that has the file. */
function checkFileKeys(spec: JsonObject, at: string, volumes: ReadonlyMap<string, JsonObject>, errors: FieldError[]) {
  for (const list of ['initContainers', 'containers', 'ephemeralContainers'])
    objectsAt(spec, list).forEach((container, index) => {
      if (container.env === undefined) return;
      objectsAt(container, 'env').forEach((env, number) => {
        const ref = objectAt(env, 'valueFrom').fileKeyRef;
        if (!isJsonObject(ref)) return;
        const name = stringAt(ref, 'volumeName');
        const field = `${at}.${list}[${index}].env[${number}].valueFrom.fileKeyRef.volumeName`;
        const volume = volumes.get(name);
        if (!volume) errors.push(notFound(field, name));
        else if (!isJsonObject(volume.emptyDir))
          errors.push(invalid(field, name, 'referenced volume must be of type emptyDir'));
      });
    });
}

/** `at` is where the spec stands; `podName` the pod's, or undefined in a template. */
export function validatePodSpec(spec: JsonObject, at: string, podName?: string): FieldError[] {
  const errors: FieldError[] = [];
  const claims = checkPodClaims(spec, at, errors);
  const scope: PodScope = {
    claims,
    volumes: checkVolumes(spec, podName ?? '', at, errors),
    restartPolicy: stringAt(spec, 'restartPolicy'),
    hostUsers: spec.hostUsers !== false,
  };
  const place: Place = {
    at,
    errors,
    scope,
    grace: numberAt(spec, 'terminationGracePeriodSeconds') ?? 30,
    os: stringAt(objectAt(spec, 'os'), 'name'),
    isPod: podName !== undefined,
  };
  checkContainers(spec, place);
  checkInitContainers(spec, place);
  checkEphemeralContainers(spec, place);
  checkPodResources(spec, claims, `${at}.resources`, errors);
  checkHostNetwork(spec, place);
  checkEnum(spec, 'restartPolicy', at, restartPolicies, errors);
  checkDns(spec, at, errors);
  errors.push(...validateLabels(objectAt(spec, 'nodeSelector'), `${at}.nodeSelector`));
  checkPodSecurityContext(spec, at, errors);
  checkAffinity(spec, at, errors);
  checkGates(spec, at, errors);
  checkSpread(spec, at, errors);
  checkHostname(spec, at, errors);
  for (const [key, problemOf] of nameRules) {
    const value = stringAt(spec, key);
    if (value !== '' || (key === 'runtimeClassName' && spec[key] !== undefined))
      checkName(value, `${at}.${key}`, problemOf, errors);
  }
  const deadline = numberAt(spec, 'activeDeadlineSeconds');
  if (deadline !== undefined && (deadline < 1 || deadline > 2147483647))
    errors.push(invalid(`${at}.activeDeadlineSeconds`, deadline, 'must be between 1 and 2147483647, inclusive'));
  checkTolerations(spec, at, errors);
  objectsAt(spec, 'hostAliases').forEach((alias, index) => {
    checkName(stringAt(alias, 'ip'), `${at}.hostAliases[${index}].ip`, ipProblem, errors);
    arrayAt(alias, 'hostnames').forEach((name, number) => {
      checkName(String(name), `${at}.hostAliases[${index}].hostnames[${number}]`, subdomainProblems, errors);
    });
  });
  const preemption = spec.preemptionPolicy;
  if (preemption !== undefined && preemption !== 'PreemptLowerPriority' && preemption !== 'Never')
    errors.push(notSupported(`${at}.preemptionPolicy`, preemption, ['PreemptLowerPriority', 'Never']));
  if (isJsonObject(spec.overhead)) checkContainerResources({ limits: spec.overhead }, `${at}.overhead`, errors);
  if (isJsonObject(spec.os)) {
    if (place.os === '') errors.push(required(`${at}.os.name`));
    else if (place.os !== 'linux' && place.os !== 'windows')
      errors.push(notSupported(`${at}.os`, place.os, ['linux', 'windows']));
  }
  checkFileKeys(spec, at, scope.volumes, errors);
  return errors;
}

/** A template's labels, annotations and spec, where ephemeral containers have no place. */
export function validatePodTemplate(template: JsonObject, at: string): FieldError[] {
  const metadata = objectAt(template, 'metadata');
  const errors = validateLabels(objectAt(metadata, 'labels'), `${at}.labels`);
  const annotations = objectAt(metadata, 'annotations');
  for (const key in annotations) checkName(key.toLowerCase(), `${at}.annotations`, qualifiedNameProblems, errors);
  const spec = objectAt(template, 'spec');
  errors.push(...validatePodSpec(spec, `${at}.spec`));
  if (arrayAt(spec, 'ephemeralContainers').length > 0)
    errors.push(forbidden(`${at}.spec.ephemeralContainers`, 'ephemeral containers not allowed in pod template'));
  return errors;
}
