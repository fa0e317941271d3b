import { checkName, checkNonNegative, checkOptionalEnum } from '../checks.js';
import { booleanColumn, column, countColumn, defaultMark, specOf, textColumn } from '../columns.js';
import { ageColumn, defineKind, nameColumn, statusSubresource } from '../definition.js';
import { duplicate, type FieldError, forbidden, invalid, notSupported, required, tooLong } from '../field-error.js';
import { arrayAt, isJsonObject, isSame, type JsonObject, numberAt, objectAt, objectsAt, stringAt } from '../json.js';
import { immutable, validateLabelSelector } from '../metadata.js';
import { qualifiedNameProblems, subdomainProblems } from '../names.js';
import { presentAt, setDefault } from '../pod/pod.defaults.js';
import { checkDriverName } from '../pod/volume.validation.js';
import {
  csiDrivers,
  csiNodes,
  csiStorageCapacities,
  storageClasses,
  volumeAttachments,
  volumeAttributesClasses,
} from '../refs.js';
import { quantityOf } from '../resources.js';

const parametersBytes = 256 * 1024;

function checkParameters(parameters: JsonObject, mayBeEmpty: boolean, errors: FieldError[]): void {
  const keys = Object.keys(parameters);
  if (keys.length > 512) {
    errors.push(tooLong('parameters', 512));
    return;
  }
  if (parameters[''] !== undefined) errors.push(invalid('parameters', '', 'field can not be empty.'));
  const size = keys.reduce((sum, key) => sum + key.length + String(parameters[key]).length, 0);
  if (size > parametersBytes) errors.push(tooLong('parameters', parametersBytes));
  if (!mayBeEmpty && keys.length === 0) errors.push(required('parameters', 'must contain at least one key/value pair'));
}

function checkProvisioner(value: string, field: string, errors: FieldError[]): void {
  if (value === '') errors.push(required(field));
  else checkName(value.toLowerCase(), field, qualifiedNameProblems, errors);
}

function checkTopologies(object: JsonObject, errors: FieldError[]): void {
  const seen: JsonObject[] = [];
  objectsAt(object, 'allowedTopologies').forEach((term, index) => {
    const at = `allowedTopologies[${index}].matchLabelExpressions`;
    const keys = new Set<string>();
    objectsAt(term, 'matchLabelExpressions').forEach((each, number) => {
      const key = stringAt(each, 'key');
      checkName(key, `${at}[${number}].key`, qualifiedNameProblems, errors);
      const values = arrayAt(each, 'values');
      if (values.length === 0) errors.push(required(`${at}[${number}].values`));
      values.forEach((value, place) => {
        if (values.indexOf(value) < place) errors.push(duplicate(`${at}[${number}].values[${place}]`, value));
      });
      if (keys.has(key)) errors.push(duplicate(`${at}[${number}].key`, key));
      keys.add(key);
    });
    if (seen.some((each) => isSame(each, term))) errors.push(duplicate(at, ''));
    seen.push(term);
  });
}

export const storageClassKind = defineKind({
  type: storageClasses,
  schema: 'io.k8s.api.storage.v1.StorageClass',
  shortNames: ['sc'],
  setDefaults: (draft) => {
    setDefault(draft, 'reclaimPolicy', 'Delete');
    setDefault(draft, 'volumeBindingMode', 'Immediate');
  },
  validate: (object, old) => {
    const errors: FieldError[] = [];
    checkProvisioner(stringAt(object, 'provisioner'), 'provisioner', errors);
    checkParameters(objectAt(object, 'parameters'), true, errors);
    checkOptionalEnum(object, 'reclaimPolicy', '', ['Delete', 'Retain'], errors);
    checkOptionalEnum(object, 'volumeBindingMode', '', ['Immediate', 'WaitForFirstConsumer'], errors);
    checkTopologies(object, errors);
    const frozen = ['parameters', 'provisioner', 'reclaimPolicy', 'volumeBindingMode'];
    return [...errors, ...immutable(object, old, frozen)];
  },
  columns: [
    {
      ...nameColumn,
      cell: (object) =>
        defaultMark(object, [
          'storageclass.kubernetes.io/is-default-class',
          'storageclass.beta.kubernetes.io/is-default-class',
        ]),
    },
    textColumn('Provisioner', 'provisioner'),
    textColumn('ReclaimPolicy', 'reclaimPolicy', 'Delete'),
    textColumn('VolumeBindingMode', 'volumeBindingMode', 'Immediate'),
    { ...booleanColumn('AllowVolumeExpansion', 'allowVolumeExpansion'), type: 'string' },
    ageColumn,
  ],
});

export const volumeAttributesClassKind = defineKind({
  type: volumeAttributesClasses,
  schema: 'io.k8s.api.storage.v1.VolumeAttributesClass',
  shortNames: ['vac'],
  validate: (object, old) => {
    const errors: FieldError[] = [];
    checkProvisioner(stringAt(object, 'driverName'), 'driverName', errors);
    checkParameters(objectAt(object, 'parameters'), false, errors);
    for (const key of ['driverName', 'parameters'])
      if (old && !isSame(object[key], old[key])) errors.push(forbidden(key, `updates to ${key} are forbidden.`));
    return errors;
  },
  columns: [nameColumn, textColumn('DriverName', 'driverName'), ageColumn],
});

export const volumeAttachmentKind = defineKind({
  type: volumeAttachments,
  schema: 'io.k8s.api.storage.v1.VolumeAttachment',
  subresources: [statusSubresource('VolumeAttachment')],
  prepareForCreate: (draft) => {
    draft.status = { attached: false };
  },
  validate: (object, old) => {
    const errors: FieldError[] = [];
    const spec = specOf(object);
    checkDriverName(stringAt(spec, 'attacher'), 'spec.attacher', errors);
    const source = objectAt(spec, 'source');
    const isInline = isJsonObject(source.inlineVolumeSpec);
    const isNamed = source.persistentVolumeName !== undefined;
    const detail = 'must specify exactly one of inlineVolumeSpec and persistentVolumeName';
    if (!isInline && !isNamed) errors.push(required('spec.source', detail));
    else if (isInline && isNamed) errors.push(forbidden('spec.source', detail));
    else if (isNamed && source.persistentVolumeName === '')
      errors.push(required('spec.source.persistentVolumeName', 'must specify non empty persistentVolumeName'));
    if (!old && typeof source.persistentVolumeName === 'string' && !isInline)
      checkName(source.persistentVolumeName, 'spec.source.persistentVolumeName', subdomainProblems, errors);
    checkName(stringAt(spec, 'nodeName'), 'spec.nodeName', subdomainProblems, errors);
    return [...errors, ...immutable(object, old, ['spec'])];
  },
  columns: [
    nameColumn,
    textColumn('Attacher', 'spec.attacher', '', { format: 'name' }),
    textColumn('PV', 'spec.source.persistentVolumeName'),
    textColumn('Node', 'spec.nodeName'),
    booleanColumn('Attached', 'status.attached'),
    ageColumn,
  ],
});

function validateNode(object: JsonObject, old: JsonObject | undefined): FieldError[] {
  const errors: FieldError[] = [];
  const names = new Set<string>();
  const drivers = objectsAt(specOf(object), 'drivers');
  drivers.forEach((driver, index) => {
    const at = `spec.drivers[${index}]`;
    const name = stringAt(driver, 'name');
    checkDriverName(name, `${at}.name`, errors);
    const id = stringAt(driver, 'nodeID');
    if (id === '') errors.push(required(`${at}.nodeID`));
    if (id.length > 256) errors.push(invalid(`${at}.nodeID`, id, 'must be 256 characters or less'));
    checkNonNegative(objectAt(driver, 'allocatable'), ['count'], `${at}.allocatable`, errors);
    if (names.has(name)) errors.push(duplicate(`${at}.name`, name));
    names.add(name);
    const keys = arrayAt(driver, 'topologyKeys').map(String);
    keys.forEach((key, number) => {
      if (key === '') errors.push(required(at));
      if (keys.indexOf(key) < number) errors.push(duplicate(at, key));
      checkName(key, at, qualifiedNameProblems, errors);
    });
  });
  for (const before of old ? objectsAt(specOf(old), 'drivers') : []) {
    const now = drivers.find((each) => each.name === before.name);
    if (now && !isSame({ ...now, allocatable: undefined }, { ...before, allocatable: undefined }))
      errors.push(invalid('spec.drivers', now, 'field is immutable'));
  }
  return errors;
}

export const csiNodeKind = defineKind({
  type: csiNodes,
  schema: 'io.k8s.api.storage.v1.CSINode',
  subresources: [statusSubresource('CSINode')],
  validate: validateNode,
  columns: [nameColumn, countColumn('Drivers', 'spec.drivers'), ageColumn],
});

const groupPolicies = ['File', 'None', 'ReadWriteOnceWithFSType'];

function checkTokens(spec: JsonObject, errors: FieldError[]): void {
  const audiences = new Set<string>();
  objectsAt(spec, 'tokenRequests').forEach((request, index) => {
    const at = `spec.tokenRequests[${index}]`;
    const audience = stringAt(request, 'audience');
    if (audiences.has(audience)) {
      errors.push(duplicate(`${at}.audience`, audience));
      return;
    }
    audiences.add(audience);
    const seconds = numberAt(request, 'expirationSeconds');
    const field = `${at}.expirationSeconds`;
    if (seconds === undefined) return;
    if (seconds < 600) errors.push(invalid(field, seconds, 'may not specify a duration less than 10 minutes'));
    if (seconds > 2 ** 32) errors.push(invalid(field, seconds, 'may not specify a duration larger than 2^32 seconds'));
  });
}

export const csiDriverKind = defineKind({
  type: csiDrivers,
  schema: 'io.k8s.api.storage.v1.CSIDriver',
  setDefaults: (draft) => {
    const spec = presentAt(draft, 'spec');
    setDefault(spec, 'attachRequired', true);
    for (const key of ['podInfoOnMount', 'storageCapacity', 'requiresRepublish', 'seLinuxMount'])
      setDefault(spec, key, false);
    setDefault(spec, 'fsGroupPolicy', 'ReadWriteOnceWithFSType');
    if (arrayAt(spec, 'volumeLifecycleModes').length === 0) spec.volumeLifecycleModes = ['Persistent'];
  },
  validate: (object, old) => {
    const errors: FieldError[] = [];
    const spec = specOf(object);
    checkOptionalEnum(spec, 'fsGroupPolicy', 'spec', groupPolicies, errors);
    checkTokens(spec, errors);
    for (const mode of arrayAt(spec, 'volumeLifecycleModes'))
      if (mode !== 'Persistent' && mode !== 'Ephemeral')
        errors.push(notSupported('spec.volumeLifecycleModes', mode, ['Persistent', 'Ephemeral']));
    const period = numberAt(spec, 'nodeAllocatableUpdatePeriodSeconds');
    if (spec.serviceAccountTokenInSecrets !== undefined && arrayAt(spec, 'tokenRequests').length === 0)
      errors.push(
        invalid(
          'spec.serviceAccountTokenInSecrets',
          spec.serviceAccountTokenInSecrets,
          'serviceAccountTokenInSecrets is set but no tokenRequests are specified',
        ),
      );
    if (period !== undefined && period < 10)
      errors.push(
        invalid('spec.nodeAllocatableUpdatePeriodSeconds', period, 'must be greater than or equal to 10 seconds'),
      );
    if (old && !isSame(spec.attachRequired, specOf(old).attachRequired))
      errors.push(invalid('spec.attachedRequired', spec.attachRequired, 'field is immutable'));
    return [...errors, ...immutable(object, old, ['spec.volumeLifecycleModes'])];
  },
  columns: [
    nameColumn,
    booleanColumn('AttachRequired', 'spec.attachRequired', true),
    booleanColumn('PodInfoOnMount', 'spec.podInfoOnMount'),
    booleanColumn('StorageCapacity', 'spec.storageCapacity'),
    column('TokenRequests', (object) => {
      const spec = specOf(object);
      if (!Array.isArray(spec.tokenRequests)) return '<unset>';
      return objectsAt(spec, 'tokenRequests')
        .map((each) => stringAt(each, 'audience'))
        .join(',');
    }),
    booleanColumn('RequiresRepublish', 'spec.requiresRepublish'),
    column('Modes', (object) => arrayAt(specOf(object), 'volumeLifecycleModes').join(',') || '<none>'),
    ageColumn,
  ],
});

export const csiStorageCapacityKind = defineKind({
  type: csiStorageCapacities,
  schema: 'io.k8s.api.storage.v1.CSIStorageCapacity',
  validate: (object, old) => {
    const errors: FieldError[] = [];
    if (isJsonObject(object.nodeTopology)) errors.push(...validateLabelSelector(object.nodeTopology, 'nodeTopology'));
    checkName(stringAt(object, 'storageClassName'), 'storageClassName', subdomainProblems, errors);
    if (object.capacity !== undefined && quantityOf(object.capacity).nano < 0n)
      errors.push(invalid('capacity', object.capacity, 'must be greater than or equal to 0'));
    return [...errors, ...immutable(object, old, ['nodeTopology', 'storageClassName'])];
  },
  columns: [
    nameColumn,
    textColumn('StorageClassName', 'storageClassName'),
    textColumn('Capacity', 'capacity', '<unset>'),
  ],
});
