import {
  checkAtMost100Percent,
  checkCountOrPercent,
  checkName,
  checkNonNegative,
  countOrPercentValue,
} from '../checks.js';
import { column, containerColumns, specOf, statusOf } from '../columns.js';
import { ageColumn, defineKind, nameColumn, scaleSubresource, statusSubresource } from '../definition.js';
import { type FieldError, forbidden, invalid, notSupported } from '../field-error.js';
import { isJsonObject, isSame, type JsonObject, numberAt, objectAt, objectsAt, stringAt } from '../json.js';
import { labelProblems } from '../names.js';
import { checkClaimSpec } from '../persistent-volume/claim.validation.js';
import { defaultPodTemplate, presentAt, setDefault, setZero } from '../pod/pod.defaults.js';
import { statefulSets } from '../refs.js';
import { validateCounters } from '../workload/status.validation.js';
import { validateSelectedTemplate } from '../workload/template.validation.js';

function setDefaults(draft: JsonObject): void {
  const spec = presentAt(draft, 'spec');
  setZero(spec, 'podManagementPolicy', 'OrderedReady');
  setDefault(spec, 'updateStrategy', {});
  const strategy = objectAt(spec, 'updateStrategy');
  if (stringAt(strategy, 'type') === '') {
    strategy.type = 'RollingUpdate';
    setDefault(strategy, 'rollingUpdate', {});
  }
  if (strategy.type === 'RollingUpdate' && isJsonObject(strategy.rollingUpdate)) {
    setDefault(strategy.rollingUpdate, 'partition', 0);
  }
  setDefault(spec, 'persistentVolumeClaimRetentionPolicy', {});
  const retention = objectAt(spec, 'persistentVolumeClaimRetentionPolicy');
  setZero(retention, 'whenDeleted', 'Retain');
  setZero(retention, 'whenScaled', 'Retain');
  setDefault(spec, 'replicas', 1);
  setDefault(spec, 'revisionHistoryLimit', 10);
  for (const claim of objectsAt(spec, 'volumeClaimTemplates')) {
    setDefault(claim, 'apiVersion', 'v1');
    setDefault(claim, 'kind', 'PersistentVolumeClaim');
    if (isJsonObject(claim.spec)) setDefault(claim.spec, 'volumeMode', 'Filesystem');
    setDefault(claim, 'status', {});
    setZero(objectAt(claim, 'status'), 'phase', 'Pending');
  }
  defaultPodTemplate(spec);
}

function checkStrategy(spec: JsonObject, errors: FieldError[]): void {
  const strategy = objectAt(spec, 'updateStrategy');
  const at = 'spec.updateStrategy';
  const rolling = strategy.rollingUpdate;
  if (strategy.type === 'OnDelete') {
    if (rolling !== undefined)
      errors.push(invalid(`${at}.rollingUpdate`, rolling, "only allowed for updateStrategy 'RollingUpdate'"));
  } else if (strategy.type === 'RollingUpdate') {
    if (!isJsonObject(rolling)) return;
    checkNonNegative(rolling, ['partition'], `${at}.rollingUpdate`, errors);
    const most = rolling.maxUnavailable;
    if (most === undefined) return;
    checkCountOrPercent(most, `${at}.rollingUpdate.maxUnavailable`, errors);
    if (countOrPercentValue(most) === 0)
      errors.push(invalid(`${at}.rollingUpdate.maxUnavailable`, most, 'cannot be 0'));
    checkAtMost100Percent(most, `${at}.rollingUpdate.maxUnavailable`, errors);
  } else errors.push(invalid(at, strategy, "must be 'RollingUpdate' or 'OnDelete'"));
}

/** The template as its pods get it: the controller adds the claims' volumes and names the host. */
function templateWithClaims(spec: JsonObject): JsonObject {
  const template = objectAt(spec, 'template');
  const claims = objectsAt(spec, 'volumeClaimTemplates').map((each) => stringAt(objectAt(each, 'metadata'), 'name'));
  const pod = objectAt(template, 'spec');
  const volumes = [
    ...claims.map((name) => ({ name, persistentVolumeClaim: { claimName: name } })),
    ...objectsAt(pod, 'volumes').filter((each) => !claims.includes(stringAt(each, 'name'))),
  ];
  const { subdomain, hostname, ...rest } = pod;
  void subdomain;
  void hostname;
  return { ...template, spec: { ...rest, ...(volumes.length > 0 && { volumes }) } };
}

const mutable = [
  'replicas',
  'template',
  'updateStrategy',
  'minReadySeconds',
  'ordinals',
  'revisionHistoryLimit',
  'persistentVolumeClaimRetentionPolicy',
];

function validate(object: JsonObject, old: JsonObject | undefined): FieldError[] {
  const spec = specOf(object);
  const errors: FieldError[] = [];
  const management = spec.podManagementPolicy;
  if (management !== 'OrderedReady' && management !== 'Parallel')
    errors.push(invalid('spec.podManagementPolicy', management, "must be 'OrderedReady' or 'Parallel'"));
  checkStrategy(spec, errors);
  const retention = objectAt(spec, 'persistentVolumeClaimRetentionPolicy');
  for (const key of ['whenDeleted', 'whenScaled'])
    if (retention[key] !== 'Retain' && retention[key] !== 'Delete')
      errors.push(
        notSupported(`spec.persistentVolumeClaimRetentionPolicy.${key}`, retention[key], ['Retain', 'Delete']),
      );
  if (!old)
    objectsAt(spec, 'volumeClaimTemplates').forEach((claim, index) => {
      checkClaimSpec(objectAt(claim, 'spec'), `spec.volumeClaimTemplates[${index}].spec`, errors);
    });
  checkNonNegative(spec, ['replicas', 'minReadySeconds'], 'spec', errors);
  checkNonNegative(objectAt(spec, 'ordinals'), ['start'], 'spec.ordinals', errors);
  if (!old && stringAt(spec, 'serviceName') !== '')
    checkName(stringAt(spec, 'serviceName'), 'spec.serviceName', labelProblems, errors);
  errors.push(...validateSelectedTemplate(spec, 'StatefulSet', 'statefulset', { template: templateWithClaims(spec) }));
  if (!old) return errors;
  const before = specOf(old);
  const munged: JsonObject = { ...spec };
  for (const key of mutable) munged[key] = before[key];
  if (!isSame(munged, before))
    errors.push(
      forbidden(
        'spec',
        "updates to statefulset spec for fields other than 'replicas', 'ordinals', 'template', 'updateStrategy', 'revisionHistoryLimit', 'persistentVolumeClaimRetentionPolicy' and 'minReadySeconds' are forbidden",
      ),
    );
  return errors;
}

export const statefulSetKind = defineKind({
  type: statefulSets,
  schema: 'io.k8s.api.apps.v1.StatefulSet',
  shortNames: ['sts'],
  categories: ['all'],
  nameRule: 'label',
  subresources: [
    scaleSubresource,
    statusSubresource('StatefulSet', {
      validate: validateCounters(
        ['replicas', 'readyReplicas', 'currentReplicas', 'updatedReplicas', 'availableReplicas'],
        ['readyReplicas', 'currentReplicas', 'updatedReplicas', 'availableReplicas'],
        'cannot be greater than status.readyReplicas',
      ),
    }),
  ],
  generationOf: ['spec'],
  setDefaults,
  prepareForCreate: (draft) => {
    draft.status = { replicas: 0, availableReplicas: 0 };
  },
  validate,
  columns: [
    nameColumn,
    column(
      'Ready',
      (object) => `${numberAt(statusOf(object), 'readyReplicas') ?? 0}/${numberAt(specOf(object), 'replicas') ?? 0}`,
    ),
    ageColumn,
    ...containerColumns('spec.template.spec.containers'),
  ],
});
