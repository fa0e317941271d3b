import { checkName, checkOptionalEnum, checkRequired } from '../checks.js';
import { duplicate, type FieldError, forbidden, invalid, notSupported, required, tooLong } from '../field-error.js';
import { arrayAt, isJsonObject, type Json, type JsonObject, numberAt, objectAt, objectsAt, stringAt } from '../json.js';
import { labelProblems, subdomainProblems } from '../names.js';
import { checkClaimSpec } from '../persistent-volume/claim.validation.js';
import { quantityOf } from '../resources.js';

const modeProblem = 'must be a number between 0 and 0777 (octal), both inclusive';
const volumeFields = ['metadata.annotations', 'metadata.labels', 'metadata.name', 'metadata.namespace', 'metadata.uid'];
const resourceFields = [
  'limits.cpu',
  'limits.ephemeral-storage',
  'limits.memory',
  'requests.cpu',
  'requests.ephemeral-storage',
  'requests.memory',
];
const hostPathTypes = [
  '',
  'BlockDevice',
  'CharDevice',
  'Directory',
  'DirectoryOrCreate',
  'File',
  'FileOrCreate',
  'Socket',
];

/** Relative, and never above where it starts. */
export function checkDescendingPath(path: string, field: string, errors: FieldError[]): void {
  if (path.startsWith('/')) errors.push(invalid(field, path, 'must be a relative path'));
  if (path.split('/').includes('..')) errors.push(invalid(field, path, "must not contain '..'"));
}

function checkMode(holder: JsonObject, key: string, at: string, errors: FieldError[]): void {
  const mode = numberAt(holder, key);
  if (mode !== undefined && (mode < 0 || mode > 0o777)) errors.push(invalid(`${at}.${key}`, mode, modeProblem));
}

/** `metadata.labels['key']` → its parts. */
function subscript(path: string): [string, string | undefined] {
  const match = /^([^[]+)\['(.*)'\]$/.exec(path);
  return match ? [match[1] ?? '', match[2]] : [path, undefined];
}

export function checkFieldRef(ref: JsonObject, at: string, allowed: readonly string[], errors: FieldError[]): void {
  checkRequired(ref, ['apiVersion', 'fieldPath'], at, errors);
  const given = stringAt(ref, 'fieldPath');
  if (given === '') return;
  const [path, key] = subscript(given);
  if (key !== undefined) {
    if (path !== 'metadata.annotations' && path !== 'metadata.labels')
      errors.push(
        invalid(`${at}.fieldPath`, given, `error converting fieldPath: field label does not support subscript`),
      );
    return;
  }
  if (!allowed.includes(path)) errors.push(notSupported(`${at}.fieldPath`, path, allowed));
}

export function checkResourceFieldRef(ref: JsonObject, at: string, inVolume: boolean, errors: FieldError[]): void {
  if (inVolume && stringAt(ref, 'containerName') === '') errors.push(required(`${at}.containerName`));
  const resource = stringAt(ref, 'resource');
  if (resource === '') errors.push(required(`${at}.resource`));
  else if (!resourceFields.includes(resource) && !/^(limits|requests)\.hugepages-/.test(resource))
    errors.push(notSupported(`${at}.resource`, resource, resourceFields));
  const divisor = quantityOf(ref.divisor).nano;
  if (divisor === 0n) return;
  if (resource.endsWith('.cpu') && divisor !== 1_000_000n && divisor !== 1_000_000_000n)
    errors.push(
      invalid(`${at}.divisor`, resource, "only divisor's values 1m and 1 are supported with the cpu resource"),
    );
}

function checkItems(source: JsonObject, at: string, errors: FieldError[]): void {
  objectsAt(source, 'items').forEach((item, index) => {
    const field = `${at}.items[${index}]`;
    checkRequired(item, ['key', 'path'], field, errors);
    checkLocalPath(stringAt(item, 'path'), `${field}.path`, errors);
    checkMode(item, 'mode', field, errors);
  });
}

function checkLocalPath(path: string, field: string, errors: FieldError[]): void {
  checkDescendingPath(path, field, errors);
  if (path.startsWith('..') && !path.startsWith('../') && path !== '..')
    errors.push(invalid(field, path, "must not start with '..'"));
}

function checkDownwardItems(source: JsonObject, at: string, errors: FieldError[]): void {
  // Upstream names the source, not the item.
  const field = at;
  for (const item of objectsAt(source, 'items')) {
    if (stringAt(item, 'path') === '') errors.push(required(`${field}.path`));
    checkLocalPath(stringAt(item, 'path'), `${field}.path`, errors);
    if (isJsonObject(item.fieldRef)) {
      checkFieldRef(item.fieldRef, `${field}.fieldRef`, volumeFields, errors);
      if (isJsonObject(item.resourceFieldRef))
        errors.push(invalid(field, 'resource', 'fieldRef and resourceFieldRef can not be specified simultaneously'));
    } else if (isJsonObject(item.resourceFieldRef))
      checkResourceFieldRef(item.resourceFieldRef, `${field}.resourceFieldRef`, true, errors);
    else errors.push(required(field, 'one of fieldRef and resourceFieldRef is required'));
    checkMode(item, 'mode', field, errors);
  }
}

function checkProjected(projected: JsonObject, at: string, errors: FieldError[]): void {
  checkMode(projected, 'defaultMode', at, errors);
  const paths = new Set<string>();
  const claim = (path: string, value: Json): void => {
    if (path !== '' && paths.has(path)) errors.push(invalid(at, value, 'conflicting duplicate paths'));
    paths.add(path);
  };
  objectsAt(projected, 'sources').forEach((source, index) => {
    const field = `${at}.sources[${index}]`;
    let count = 0;
    for (const key of [
      'secret',
      'configMap',
      'downwardAPI',
      'serviceAccountToken',
      'clusterTrustBundle',
      'podCertificate',
    ]) {
      const part = source[key];
      if (!isJsonObject(part)) continue;
      count += 1;
      if (count > 1) {
        errors.push(forbidden(field, 'may not specify more than 1 volume type per source'));
        continue;
      }
      const place = `${field}.${key}`;
      if (key === 'secret' || key === 'configMap') {
        const name = stringAt(part, 'name');
        if (name === '') errors.push(required(`${place}.name`));
        checkItems(part, place, errors);
        for (const item of objectsAt(part, 'items')) claim(stringAt(item, 'path'), name);
      } else if (key === 'downwardAPI') {
        checkDownwardItems(part, place, errors);
        for (const item of objectsAt(part, 'items')) claim(stringAt(item, 'path'), stringAt(item, 'path'));
      } else if (key === 'serviceAccountToken') checkTokenSource(part, place, at, errors);
    }
  });
}

function checkTokenSource(part: JsonObject, place: string, at: string, errors: FieldError[]): void {
  const seconds = numberAt(part, 'expirationSeconds') ?? 0;
  if (seconds < 600)
    errors.push(invalid(`${place}.expirationSeconds`, seconds, 'may not specify a duration less than 10 minutes'));
  if (seconds > 2 ** 32)
    errors.push(invalid(`${place}.expirationSeconds`, seconds, 'may not specify a duration larger than 2^32 seconds'));
  const path = stringAt(part, 'path');
  if (path === '') errors.push(required(`${at}.path`));
  else checkLocalPath(path, `${at}.path`, errors);
}

type Check = (source: JsonObject, at: string, errors: FieldError[]) => void;
const needs =
  (...keys: string[]): Check =>
  (source, at, errors) =>
    checkRequired(source, keys, at, errors);
const needsMonitors: Check = (source, at, errors) => {
  if (arrayAt(source, 'monitors').length === 0) errors.push(required(`${at}.monitors`));
};

export function checkDriverName(name: string, field: string, errors: FieldError[]): void {
  if (name === '') errors.push(required(field));
  else {
    if (name.length > 63) errors.push(tooLong(field, 63));
    for (const problem of subdomainProblems(name.toLowerCase())) errors.push(invalid(field, name, problem));
  }
}

/** The name that upstream's messages give a source, which is not always that of its field. */
export function placeOf(source: string, isOneTooMany: boolean): string {
  if (source === 'gcePersistentDisk') return isOneTooMany ? source : 'persistentDisk';
  return source === 'cephfs' && isOneTooMany ? 'cephFS' : source;
}

const partitionProblem = 'must be between 0 and 255, inclusive';

function checkByte(source: JsonObject, key: string, at: string, errors: FieldError[]): void {
  const value = numberAt(source, key);
  if (value !== undefined && (value < 0 || value > 255)) errors.push(invalid(`${at}.${key}`, value, partitionProblem));
}

const initiators: readonly (readonly [string, RegExp])[] = [
  ['iqn', /^iqn\.\d{4}-\d{2}\.([a-z0-9-.]+)(:([^,;*&$|\s]+))$/i],
  ['eui', /^eui\.[a-z0-9]{16}$/i],
  ['naa', /^naa\.[a-z0-9]{32}$/i],
];

function checkInitiator(name: string, field: string, errors: FieldError[]): void {
  const kind = initiators.find(([prefix]) => name.startsWith(prefix));
  if (!kind) errors.push(invalid(field, name, 'must be valid format starting with iqn, eui, or naa'));
  else if (!kind[1].test(name)) errors.push(invalid(field, name, 'must be valid format'));
}

/** The sources that pods and persistent volumes share. */
export const sharedSources: Readonly<Record<string, Check>> = {
  hostPath: (source, at, errors) => {
    const path = stringAt(source, 'path');
    if (path === '') errors.push(required(`${at}.path`));
    else if (path.split('/').includes('..')) errors.push(invalid(`${at}.path`, path, "must not contain '..'"));
    checkOptionalEnum(source, 'type', at, hostPathTypes, errors);
  },
  gcePersistentDisk: (source, at, errors) => {
    checkRequired(source, ['pdName'], at, errors);
    checkByte(source, 'partition', at, errors);
  },
  awsElasticBlockStore: (source, at, errors) => {
    checkRequired(source, ['volumeID'], at, errors);
    checkByte(source, 'partition', at, errors);
  },
  nfs: (source, at, errors) => {
    checkRequired(source, ['server', 'path'], at, errors);
    if (!stringAt(source, 'path').startsWith('/'))
      errors.push(invalid(`${at}.path`, source.path ?? '', 'must be an absolute path'));
  },
  iscsi: (source, at, errors) => {
    checkRequired(source, ['targetPortal', 'iqn'], at, errors);
    if (stringAt(source, 'iqn') !== '') checkInitiator(stringAt(source, 'iqn'), `${at}.iqn`, errors);
    checkByte(source, 'lun', at, errors);
    if ((source.chapAuthDiscovery === true || source.chapAuthSession === true) && !isJsonObject(source.secretRef))
      errors.push(required(`${at}.secretRef`));
    if (typeof source.initiatorName === 'string') checkInitiator(source.initiatorName, `${at}.initiatorname`, errors);
  },
  glusterfs: needs('endpoints', 'path'),
  rbd: (source, at, errors) => {
    needsMonitors(source, at, errors);
    checkRequired(source, ['image'], at, errors);
  },
  quobyte: needs('registry', 'volume'),
  cephfs: needsMonitors,
  cinder: needs('volumeID'),
  fc: (source, at, errors) => {
    const count = arrayAt(source, 'targetWWNs').length;
    if (count === 0 && arrayAt(source, 'wwids').length === 0)
      errors.push(required(`${at}.targetWWNs`, 'must specify either targetWWNs or wwids, but not both'));
    if (count > 0 && arrayAt(source, 'wwids').length > 0)
      errors.push(
        invalid(
          `${at}.targetWWNs`,
          arrayAt(source, 'targetWWNs'),
          'targetWWNs and wwids can not be specified simultaneously',
        ),
      );
    if (count > 0 && source.lun === undefined)
      errors.push(required(`${at}.lun`, 'lun is required if targetWWNs is specified'));
    else if (count > 0) checkByte(source, 'lun', at, errors);
  },
  flocker: (source, at, errors) => {
    if (stringAt(source, 'datasetName') === '' && stringAt(source, 'datasetUUID') === '')
      errors.push(required(at, 'one of datasetName and datasetUUID is required'));
  },
  flexVolume: needs('driver'),
  azureFile: needs('secretName', 'shareName'),
  azureDisk: (source, at, errors) => {
    checkRequired(source, ['diskName', 'diskURI'], at, errors);
    checkOptionalEnum(source, 'cachingMode', at, ['None', 'ReadOnly', 'ReadWrite'], errors);
    checkOptionalEnum(source, 'kind', at, ['Dedicated', 'Managed', 'Shared'], errors);
    if (source.kind === undefined) return;
    const isManaged = source.kind === 'Managed';
    const uri = stringAt(source, 'diskURI');
    if (!uri.startsWith(isManaged ? '/subscriptions/' : 'https://'))
      errors.push(
        notSupported(`${at}.diskURI`, uri, [
          isManaged
            ? '/subscriptions/{sub-id}/resourcegroups/{group-name}/providers/microsoft.compute/disks/{disk-id}'
            : 'https://{account-name}.blob.core.windows.net/{container-name}/{disk-name}.vhd',
        ]),
      );
  },
  vsphereVolume: needs('volumePath'),
  photonPersistentDisk: needs('pdID'),
  portworxVolume: needs('volumeID'),
  scaleIO: needs('gateway', 'system', 'volumeName'),
  storageos: needs('volumeName'),
};

const podSources: Readonly<Record<string, Check>> = {
  ...sharedSources,
  emptyDir: (source, at, errors) => {
    if (source.sizeLimit !== undefined && quantityOf(source.sizeLimit).nano < 0n)
      errors.push(forbidden(`${at}.sizeLimit`, 'SizeLimit field must be a valid resource quantity'));
  },
  gitRepo: needs('repository'),
  secret: (source, at, errors) => {
    checkRequired(source, ['secretName'], at, errors);
    checkMode(source, 'defaultMode', at, errors);
    checkItems(source, at, errors);
  },
  configMap: (source, at, errors) => {
    checkRequired(source, ['name'], at, errors);
    checkMode(source, 'defaultMode', at, errors);
    checkItems(source, at, errors);
  },
  downwardAPI: (source, at, errors) => {
    checkMode(source, 'defaultMode', at, errors);
    checkDownwardItems(source, at, errors);
  },
  projected: checkProjected,
  persistentVolumeClaim: needs('claimName'),
  csi: (source, at, errors) => checkDriverName(stringAt(source, 'driver'), `${at}.driver`, errors),
  ephemeral: (source, at, errors) => {
    const template = source.volumeClaimTemplate;
    if (!isJsonObject(template)) errors.push(required(`${at}.volumeClaimTemplate`));
    else checkClaimSpec(objectAt(template, 'spec'), `${at}.volumeClaimTemplate.spec`, errors);
  },
  image: (source, at, errors) => {
    checkRequired(source, ['reference'], at, errors);
    checkOptionalEnum(source, 'pullPolicy', at, ['Always', 'IfNotPresent', 'Never'], errors);
  },
};

/** The order in which upstream looks at them: of several, the first is the one that is judged. */
const podSourceOrder = [
  'emptyDir',
  'hostPath',
  'gitRepo',
  'gcePersistentDisk',
  'awsElasticBlockStore',
  'secret',
  'nfs',
  'iscsi',
  'glusterfs',
  'flocker',
  'persistentVolumeClaim',
  'rbd',
  'cinder',
  'cephfs',
  'quobyte',
  'downwardAPI',
  'fc',
  'flexVolume',
  'configMap',
  'azureFile',
  'vsphereVolume',
  'photonPersistentDisk',
  'portworxVolume',
  'azureDisk',
  'storageos',
  'projected',
  'scaleIO',
  'csi',
  'ephemeral',
  'image',
];

/** The volumes of a pod by name. `podName`: '' in a template. */
export function checkVolumes(
  spec: JsonObject,
  podName: string,
  at: string,
  errors: FieldError[],
): ReadonlyMap<string, JsonObject> {
  const byName = new Map<string, JsonObject>();
  const ephemeral = new Set<string>();
  const volumes = objectsAt(spec, 'volumes');
  volumes.forEach((volume, index) => {
    const field = `${at}.volumes[${index}]`;
    const before = errors.length;
    checkSource(volume, field, errors);
    const name = stringAt(volume, 'name');
    if (name === '') errors.push(required(`${field}.name`));
    else {
      checkName(name, `${field}.name`, labelProblems, errors);
      if (byName.has(name)) errors.push(duplicate(`${field}.name`, name));
    }
    if (isJsonObject(volume.ephemeral)) ephemeral.add(`${podName}-${name}`);
    if (errors.length === before) byName.set(name, volume);
  });
  if (podName !== '' && ephemeral.size > 0)
    volumes.forEach((volume, index) => {
      const claim = stringAt(objectAt(volume, 'persistentVolumeClaim'), 'claimName');
      if (ephemeral.has(claim))
        errors.push(
          invalid(
            `${at}.volumes[${index}].persistentVolumeClaim.claimName`,
            claim,
            'must not reference a PVC that gets created for an ephemeral volume',
          ),
        );
    });
  return byName;
}

function checkSource(volume: JsonObject, at: string, errors: FieldError[]): void {
  let count = 0;
  for (const key of podSourceOrder) {
    const source = volume[key];
    if (!isJsonObject(source)) continue;
    count += 1;
    if (count > 1)
      errors.push(
        forbidden(
          `${at}.${key === 'downwardAPI' ? 'downwarAPI' : placeOf(key, true)}`,
          'may not specify more than 1 volume type',
        ),
      );
    else podSources[key]?.(source, `${at}.${placeOf(key, false)}`, errors);
  }
  if (count === 0) errors.push(required(at, 'must specify a volume type'));
}
