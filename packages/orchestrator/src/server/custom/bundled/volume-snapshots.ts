import type { JsonObject } from '../../../kinds/index.js';
import { toDefinition } from './bundle.js';

const group = 'snapshot.storage.k8s.io';
const annotations = { 'api-approved.kubernetes.io': 'https://github.com/kubernetes-csi/external-snapshotter/pull/814' };

const text: JsonObject = { type: 'string' };
const time: JsonObject = { type: 'string', format: 'date-time' };
const error: JsonObject = { type: 'object', properties: { message: text, time } };
const deletionPolicy: JsonObject = { type: 'string', enum: ['Delete', 'Retain'] };
const rules = (...list: [message: string, rule: string][]): JsonObject => ({
  'x-kubernetes-validations': list.map(([message, rule]) => ({ message, rule })),
});
const onceSet = (field: string): [string, string] => [
  `${field} is required once set`,
  `!has(oldSelf.${field}) || has(self.${field})`,
];
const fixed = (field: string): JsonObject => ({ ...text, ...rules([`${field} is immutable`, 'self == oldSelf']) });
const className: JsonObject = {
  ...text,
  ...rules(['volumeSnapshotClassName must not be the empty string when set', 'size(self) > 0']),
};
const column = (name: string, type: string, jsonPath: string): JsonObject => ({ jsonPath, name, type });
const age = column('Age', 'date', '.metadata.creationTimestamp');
const resource = (properties: JsonObject, required: string[]): JsonObject => ({
  type: 'object',
  properties: { apiVersion: text, kind: text, metadata: { type: 'object' }, ...properties },
  required,
});
/** Exactly one of two fields, and what was chosen stays. */
const source = (first: string, second: string): JsonObject => ({
  type: 'object',
  properties: { [first]: fixed(first), [second]: fixed(second) },
  oneOf: [{ required: [first] }, { required: [second] }],
  ...rules(onceSet(first), onceSet(second)),
});

const snapshot = resource(
  {
    spec: {
      type: 'object',
      properties: {
        source: source('persistentVolumeClaimName', 'volumeSnapshotContentName'),
        volumeSnapshotClassName: className,
      },
      required: ['source'],
    },
    status: {
      type: 'object',
      properties: {
        boundVolumeSnapshotContentName: text,
        creationTime: time,
        error,
        readyToUse: { type: 'boolean' },
        restoreSize: {
          anyOf: [{ type: 'integer' }, { type: 'string' }],
          pattern:
            '^(\\+|-)?(([0-9]+(\\.[0-9]*)?)|(\\.[0-9]+))(([KMGTPE]i)|[numkMGTPE]|([eE](\\+|-)?(([0-9]+(\\.[0-9]*)?)|(\\.[0-9]+))))?$',
          'x-kubernetes-int-or-string': true,
        },
        volumeGroupSnapshotName: text,
      },
    },
  },
  ['spec'],
);

const objectReference: JsonObject = {
  type: 'object',
  properties: {
    apiVersion: text,
    fieldPath: text,
    kind: text,
    name: text,
    namespace: text,
    resourceVersion: text,
    uid: text,
  },
  'x-kubernetes-map-type': 'atomic',
  ...rules([
    'both spec.volumeSnapshotRef.name and spec.volumeSnapshotRef.namespace must be set',
    'has(self.name) && has(self.__namespace__)',
  ]),
};

const content = resource(
  {
    spec: {
      type: 'object',
      properties: {
        deletionPolicy,
        driver: text,
        source: source('volumeHandle', 'snapshotHandle'),
        sourceVolumeMode: fixed('sourceVolumeMode'),
        volumeSnapshotClassName: className,
        volumeSnapshotRef: objectReference,
      },
      required: ['deletionPolicy', 'driver', 'source', 'volumeSnapshotRef'],
      ...rules(onceSet('sourceVolumeMode')),
    },
    status: {
      type: 'object',
      properties: {
        creationTime: { type: 'integer', format: 'int64' },
        error,
        readyToUse: { type: 'boolean' },
        restoreSize: { type: 'integer', format: 'int64', minimum: 0 },
        snapshotHandle: text,
        volumeGroupSnapshotHandle: text,
      },
    },
  },
  ['spec'],
);

const snapshotClass = resource(
  { deletionPolicy, driver: text, parameters: { type: 'object', additionalProperties: text } },
  ['deletionPolicy', 'driver'],
);

const version = (schema: JsonObject, hasStatus: boolean, ...columns: JsonObject[]) => [
  { name: 'v1', isStored: true, schema, columns: [...columns, age], hasStatus },
];

/** Volume snapshots, their classes and contents, as the CSI snapshotter knows them. */
export function snapshotDefinitions(): JsonObject[] {
  return [
    toDefinition({
      group,
      names: { kind: 'VolumeSnapshotClass', plural: 'volumesnapshotclasses', shortNames: ['vsclass', 'vsclasses'] },
      isNamespaced: false,
      annotations,
      versions: version(
        snapshotClass,
        false,
        column('Driver', 'string', '.driver'),
        column('DeletionPolicy', 'string', '.deletionPolicy'),
      ),
    }),
    toDefinition({
      group,
      names: { kind: 'VolumeSnapshotContent', plural: 'volumesnapshotcontents', shortNames: ['vsc', 'vscs'] },
      isNamespaced: false,
      annotations,
      versions: version(
        content,
        true,
        column('ReadyToUse', 'boolean', '.status.readyToUse'),
        column('RestoreSize', 'integer', '.status.restoreSize'),
        column('DeletionPolicy', 'string', '.spec.deletionPolicy'),
        column('Driver', 'string', '.spec.driver'),
        column('VolumeSnapshotClass', 'string', '.spec.volumeSnapshotClassName'),
        column('VolumeSnapshot', 'string', '.spec.volumeSnapshotRef.name'),
        column('VolumeSnapshotNamespace', 'string', '.spec.volumeSnapshotRef.namespace'),
      ),
    }),
    toDefinition({
      group,
      names: { kind: 'VolumeSnapshot', plural: 'volumesnapshots', shortNames: ['vs'] },
      isNamespaced: true,
      annotations,
      versions: version(
        snapshot,
        true,
        column('ReadyToUse', 'boolean', '.status.readyToUse'),
        column('SourcePVC', 'string', '.spec.source.persistentVolumeClaimName'),
        column('SourceSnapshotContent', 'string', '.spec.source.volumeSnapshotContentName'),
        column('RestoreSize', 'string', '.status.restoreSize'),
        column('SnapshotClass', 'string', '.spec.volumeSnapshotClassName'),
        column('SnapshotContent', 'string', '.status.boundVolumeSnapshotContentName'),
        column('CreationTime', 'date', '.status.creationTime'),
      ),
    }),
  ];
}
