import { checkName, checkOptionalEnum, checkRequired, notPositive } from '../checks.js';
import { type FieldError, forbidden, invalid, notSupported, required } from '../field-error.js';
import { arrayAt, isJsonObject, isSame, type Json, type JsonObject, objectAt, stringAt } from '../json.js';
import { validateLabelSelector } from '../metadata.js';
import { subdomainProblems } from '../names.js';
import { compareQuantities } from '../quantity.js';
import { quantityOf } from '../resources.js';

const accessModes = ['ReadOnlyMany', 'ReadWriteMany', 'ReadWriteOnce', 'ReadWriteOncePod'];
export const volumeModes = ['Block', 'Filesystem'];

export function checkAccessModes(modes: readonly Json[], field: string, errors: FieldError[]): void {
  for (const mode of modes)
    if (!accessModes.includes(String(mode))) errors.push(notSupported(field, mode, accessModes));
  if (modes.includes('ReadWriteOncePod') && modes.some((mode) => mode !== 'ReadWriteOncePod'))
    errors.push(forbidden(field, 'may not use ReadWriteOncePod with other access modes'));
}

function checkSource(source: JsonObject, field: string, errors: FieldError[]): void {
  checkRequired(source, ['name', 'kind'], field, errors);
  const group = stringAt(source, 'apiGroup');
  if (group === '' && source.kind !== 'PersistentVolumeClaim')
    errors.push(
      invalid(field, source.kind ?? '', "must be 'PersistentVolumeClaim' when referencing the default apiGroup"),
    );
  if (group !== '') checkName(group, `${field}.apiGroup`, subdomainProblems, errors);
}

/** A claim's spec: its own, a template's, or a volume's. */
export function checkClaimSpec(spec: JsonObject, at: string, errors: FieldError[]): void {
  const modes = arrayAt(spec, 'accessModes');
  if (modes.length === 0) errors.push(required(`${at}.accessModes`, 'at least 1 access mode is required'));
  if (isJsonObject(spec.selector)) errors.push(...validateLabelSelector(spec.selector, `${at}.selector`));
  checkAccessModes(modes, `${at}.accessModes`, errors);
  const storage = objectAt(objectAt(spec, 'resources'), 'requests').storage;
  if (storage === undefined) errors.push(required(`${at}.resources[storage]`));
  else if (quantityOf(storage).nano <= 0n) errors.push(invalid(`${at}.resources[storage]`, storage, notPositive));
  for (const key of ['storageClassName', 'volumeAttributesClassName'])
    if (stringAt(spec, key) !== '') checkName(stringAt(spec, key), `${at}.${key}`, subdomainProblems, errors);
  checkOptionalEnum(spec, 'volumeMode', at, volumeModes, errors);
  const { dataSource, dataSourceRef } = spec;
  if (isJsonObject(dataSource)) checkSource(dataSource, `${at}.dataSource`, errors);
  if (isJsonObject(dataSourceRef)) checkSource(dataSourceRef, `${at}.dataSourceRef`, errors);
  if (!isJsonObject(dataSource) || !isJsonObject(dataSourceRef)) return;
  if (stringAt(dataSourceRef, 'namespace') !== '')
    errors.push(invalid(at, `${at}.dataSource`, 'may not be specified when dataSourceRef.namespace is specified'));
  else if (!isSame(dataSource, dataSourceRef)) errors.push(invalid(at, `${at}.dataSource`, 'must match dataSourceRef'));
}

const frozen =
  'spec is immutable after creation except resources.requests and volumeAttributesClassName for bound claims\n';

export function validateClaimUpdate(claim: JsonObject, old: JsonObject): FieldError[] {
  const errors: FieldError[] = [];
  const now = objectAt(claim, 'spec');
  const before = objectAt(old, 'spec');
  if (isSame(now, before)) return errors;
  const isBound = objectAt(old, 'status').phase === 'Bound';
  const storageOf = (spec: JsonObject) => objectAt(objectAt(spec, 'resources'), 'requests').storage;
  const munged: JsonObject = { ...now };
  // The binder names the volume once.
  if (stringAt(before, 'volumeName') === '') munged.volumeName = before.volumeName;
  if (isBound) {
    munged.resources = {
      ...objectAt(now, 'resources'),
      requests: { ...objectAt(objectAt(now, 'resources'), 'requests'), storage: storageOf(before) },
    };
    munged.volumeAttributesClassName = before.volumeAttributesClassName;
  }
  // A claim made before there was a default class takes it later.
  if (before.storageClassName === undefined && !isBound) munged.storageClassName = undefined;
  if (!isSame(munged, before)) errors.push(forbidden('spec', frozen));
  const wanted = quantityOf(storageOf(now));
  const field = 'spec.resources.requests.storage';
  const capacity = quantityOf(objectAt(objectAt(old, 'status'), 'capacity').storage);
  if (compareQuantities(wanted, quantityOf(storageOf(before))) < 0 && compareQuantities(wanted, capacity) <= 0)
    errors.push(forbidden(field, 'field can not be less than status.capacity'));
  if (
    stringAt(objectAt(old, 'status'), 'currentVolumeAttributesClassName') !== '' &&
    !isSame(now.volumeAttributesClassName, before.volumeAttributesClassName) &&
    stringAt(now, 'volumeAttributesClassName') === ''
  )
    errors.push(
      forbidden(
        'spec.volumeAttributesClassName',
        `update to ${now.volumeAttributesClassName === undefined ? 'nil' : 'empty string'} is forbidden when status.currentVolumeAttributesClassName is not nil`,
      ),
    );
  return errors;
}
