import { checkName, checkOptionalEnum, checkRequired, notPositive } from '../checks.js';
import { accessModesText, column, metadataOf, specOf, statusOf, textColumn, textField } from '../columns.js';
import { ageColumn, defineKind, nameColumn, statusSubresource } from '../definition.js';
import { type FieldError, forbidden, invalid, notSupported, required } from '../field-error.js';
import { arrayAt, isJsonObject, isSame, type JsonObject, objectAt, stringAt } from '../json.js';
import { subdomainProblems } from '../names.js';
import { defaultVolumeSource, setDefault, setZero } from '../pod/pod.defaults.js';
import { checkNodeSelector } from '../pod/scheduling.validation.js';
import { checkDriverName, placeOf, sharedSources } from '../pod/volume.validation.js';
import { persistentVolumeClaims, persistentVolumes } from '../refs.js';
import { quantityOf } from '../resources.js';
import { checkAccessModes, checkClaimSpec, validateClaimUpdate, volumeModes } from './claim.validation.js';

const volumeSources: typeof sharedSources = {
  ...sharedSources,
  local: (source, at, errors) => checkRequired(source, ['path'], at, errors),
  csi: (source, at, errors) => {
    checkDriverName(stringAt(source, 'driver'), `${at}.driver`, errors);
    checkRequired(source, ['volumeHandle'], at, errors);
    for (const key of [
      'controllerPublishSecretRef',
      'controllerExpandSecretRef',
      'nodePublishSecretRef',
      'nodeExpandSecretRef',
      'nodeStageSecretRef',
    ]) {
      const ref = source[key];
      if (isJsonObject(ref)) checkRequired(ref, ['name', 'namespace'], `${at}.${key}`, errors);
    }
  },
};
/** The order in which upstream looks at them. */
const sourceNames = [
  'hostPath',
  'gcePersistentDisk',
  'awsElasticBlockStore',
  'glusterfs',
  'flocker',
  'nfs',
  'rbd',
  'quobyte',
  'cephfs',
  'iscsi',
  'cinder',
  'fc',
  'flexVolume',
  'azureFile',
  'vsphereVolume',
  'photonPersistentDisk',
  'portworxVolume',
  'azureDisk',
  'scaleIO',
  'local',
  'storageos',
  'csi',
];

function checkSources(spec: JsonObject, errors: FieldError[]): void {
  let count = 0;
  for (const key of sourceNames) {
    const source = spec[key];
    if (!isJsonObject(source)) continue;
    count += 1;
    if (count > 1) errors.push(forbidden(`spec.${placeOf(key, true)}`, 'may not specify more than 1 volume type'));
    else volumeSources[key]?.(source, `spec.${placeOf(key, false)}`, errors);
  }
  if (count === 0) errors.push(required('spec', 'must specify a volume type'));
}

function checkAffinity(spec: JsonObject, errors: FieldError[]): void {
  const affinity = spec.nodeAffinity;
  const must = objectAt(isJsonObject(affinity) ? affinity : {}, 'required');
  if (isJsonObject(affinity)) {
    if (!isJsonObject(affinity.required))
      errors.push(required('spec.nodeAffinity.required', 'must specify required node constraints'));
    else checkNodeSelector(must, 'spec.nodeAffinity.required', errors);
  } else if (isJsonObject(spec.local))
    errors.push(required('spec.nodeAffinity', 'Local volume requires node affinity'));
}

function validateVolume(object: JsonObject, old: JsonObject | undefined): FieldError[] {
  const spec = specOf(object);
  const errors: FieldError[] = [];
  const modes = arrayAt(spec, 'accessModes');
  if (modes.length === 0) errors.push(required('spec.accessModes'));
  checkAccessModes(modes, 'spec.accessModes', errors);
  const capacity = objectAt(spec, 'capacity');
  const names = Object.keys(capacity);
  if (names.length === 0) errors.push(required('spec.capacity'));
  if (capacity.storage === undefined || names.length > 1)
    errors.push(notSupported('spec.capacity', spec.capacity ?? null, ['storage']));
  for (const name of names)
    if (quantityOf(capacity[name]).nano <= 0n)
      errors.push(invalid(`spec.capacity[${name}]`, capacity[name], notPositive));
  checkOptionalEnum(spec, 'persistentVolumeReclaimPolicy', 'spec', ['Delete', 'Recycle', 'Retain'], errors);
  checkAffinity(spec, errors);
  checkSources(spec, errors);
  if (objectAt(spec, 'hostPath').path === '/' && spec.persistentVolumeReclaimPolicy === 'Recycle')
    errors.push(forbidden('spec.persistentVolumeReclaimPolicy', "may not be 'recycle' for a hostPath mount of '/'"));
  const className = stringAt(spec, 'storageClassName');
  if (className !== '') checkName(className, 'spec.storageClassName', subdomainProblems, errors);
  checkOptionalEnum(spec, 'volumeMode', 'spec', volumeModes, errors);
  const attributes = spec.volumeAttributesClassName;
  if (attributes !== undefined) {
    if (attributes === '') errors.push(required('spec.volumeAttributesClassName', 'an empty string is disallowed'));
    if (!isJsonObject(spec.csi))
      errors.push(required('spec.csi', 'has to be specified when using volumeAttributesClassName'));
  }
  if (!old) return errors;
  const before = specOf(old);
  if (sourceNames.some((key) => !isSame(spec[key], before[key])))
    errors.push(forbidden('spec.persistentvolumesource', 'spec.persistentvolumesource is immutable after creation\n'));
  if (!isSame(spec.volumeMode, before.volumeMode))
    errors.push(invalid('volumeMode', spec.volumeMode, 'field is immutable'));
  if (before.nodeAffinity !== undefined && !isSame(spec.nodeAffinity, before.nodeAffinity))
    errors.push(
      invalid(
        'spec.nodeAffinity',
        spec.nodeAffinity ?? null,
        'field is immutable, except for updating from beta label to GA',
      ),
    );
  if (before.volumeAttributesClassName !== undefined && attributes === undefined)
    errors.push(forbidden('spec.volumeAttributesClassName', 'update from non-nil value to nil is forbidden'));
  return errors;
}

const isDeleted = (object: JsonObject) => metadataOf(object).deletionTimestamp !== undefined;
const phaseText = (object: JsonObject) => (isDeleted(object) ? 'Terminating' : stringAt(statusOf(object), 'phase'));
const betaClass = 'volume.beta.kubernetes.io/storage-class';
const classText = (object: JsonObject) =>
  stringAt(objectAt(metadataOf(object), 'annotations'), betaClass) || stringAt(specOf(object), 'storageClassName');
const volumeModeColumn = textColumn('VolumeMode', 'spec.volumeMode', '<unset>', { priority: 1 });

export const persistentVolumeKind = defineKind({
  type: persistentVolumes,
  schema: 'io.k8s.api.core.v1.PersistentVolume',
  shortNames: ['pv'],
  subresources: [statusSubresource('PersistentVolume')],
  setDefaults: (draft) => {
    const { spec } = draft;
    if (!isJsonObject(spec)) return;
    setZero(spec, 'persistentVolumeReclaimPolicy', 'Retain');
    setDefault(spec, 'volumeMode', 'Filesystem');
    defaultVolumeSource(spec);
    const claim = spec.claimRef;
    if (isJsonObject(claim)) {
      setZero(claim, 'kind', 'PersistentVolumeClaim');
      setZero(claim, 'apiVersion', 'v1');
    }
  },
  prepareForCreate: (draft) => {
    draft.status = { phase: 'Pending', lastPhaseTransitionTime: metadataOf(draft).creationTimestamp };
  },
  validate: validateVolume,
  columns: [
    nameColumn,
    column('Capacity', (object) => stringAt(objectAt(specOf(object), 'capacity'), 'storage') || '0'),
    column('Access Modes', (object) => accessModesText(arrayAt(specOf(object), 'accessModes'))),
    textColumn('Reclaim Policy', 'spec.persistentVolumeReclaimPolicy'),
    column('Status', phaseText),
    column('Claim', (object) => {
      const claim = specOf(object).claimRef;
      return isJsonObject(claim) ? `${stringAt(claim, 'namespace')}/${stringAt(claim, 'name')}` : '';
    }),
    column('StorageClass', classText),
    textColumn('VolumeAttributesClass', 'spec.volumeAttributesClassName', '<unset>'),
    textColumn('Reason', 'status.reason'),
    ageColumn,
    volumeModeColumn,
  ],
  fields: { name: textField('metadata.name') },
});

export const persistentVolumeClaimKind = defineKind({
  type: persistentVolumeClaims,
  schema: 'io.k8s.api.core.v1.PersistentVolumeClaim',
  shortNames: ['pvc'],
  subresources: [statusSubresource('PersistentVolumeClaim')],
  setDefaults: (draft) => {
    const { spec } = draft;
    if (!isJsonObject(spec)) return;
    setDefault(spec, 'volumeMode', 'Filesystem');
  },
  prepareForCreate: (draft) => {
    draft.status = { phase: 'Pending' };
    copyDataSource(specOf(draft));
  },
  prepareForUpdate: (draft) => copyDataSource(specOf(draft)),
  validate: (object, old) => {
    const errors: FieldError[] = [];
    checkClaimSpec(specOf(object), 'spec', errors);
    return old ? [...errors, ...validateClaimUpdate(object, old)] : errors;
  },
  columns: [
    nameColumn,
    column('Status', phaseText),
    textColumn('Volume', 'spec.volumeName'),
    column('Capacity', (object) =>
      stringAt(specOf(object), 'volumeName') === ''
        ? ''
        : stringAt(objectAt(statusOf(object), 'capacity'), 'storage') || '0',
    ),
    column('Access Modes', (object) =>
      stringAt(specOf(object), 'volumeName') === '' ? '' : accessModesText(arrayAt(statusOf(object), 'accessModes')),
    ),
    column('StorageClass', classText),
    textColumn('VolumeAttributesClass', 'spec.volumeAttributesClassName', '<unset>'),
    ageColumn,
    volumeModeColumn,
  ],
  fields: { name: textField('metadata.name') },
});

/** The old and the new name of what a claim is filled from mean the same. */
function copyDataSource(spec: JsonObject): void {
  const from = spec.dataSource;
  // A kind of source that is not known is dropped, as the field before it has always done.
  if (isJsonObject(from) && !isKnownSource(from) && spec.dataSourceRef === undefined) delete spec.dataSource;
  const { dataSource, dataSourceRef } = spec;
  if (isJsonObject(dataSource) && dataSourceRef === undefined) spec.dataSourceRef = { ...dataSource };
  else if (
    isJsonObject(dataSourceRef) &&
    dataSource === undefined &&
    stringAt(dataSourceRef, 'namespace') === '' &&
    isKnownSource(dataSourceRef)
  ) {
    const { namespace, ...source } = dataSourceRef;
    void namespace;
    spec.dataSource = source;
  }
}

const isKnownSource = (source: JsonObject) =>
  (stringAt(source, 'apiGroup') === '' && source.kind === 'PersistentVolumeClaim') ||
  (source.apiGroup === 'snapshot.storage.k8s.io' && source.kind === 'VolumeSnapshot');
