import type { KindDefinition } from '../../kinds/index.js';
import type { Skipped } from './compare.js';
import { difference, type FieldSet, recursiveDifference, setOf } from './field-set.js';

/** What a request through one endpoint of a kind can own. */
export interface Boundary {
  /** Left out of comparisons. */
  readonly skipped: Skipped;
  /** Of the paths that an applied object states, those that the endpoint can write. */
  writable(fields: FieldSet): FieldSet;
}

/** The server's own; nobody owns them. */
const identity = [
  'name',
  'namespace',
  'creationTimestamp',
  'selfLink',
  'uid',
  'clusterName',
  'generation',
  'managedFields',
  'resourceVersion',
];
const alwaysIn = ['apiVersion', 'kind'];

/** Kinds whose status endpoint leaves other parts alone than `spec` only. */
const statusResets: Readonly<Record<string, readonly string[]>> = {
  'apps/Deployment': ['spec', 'metadata.labels'],
  '/Pod': ['spec', 'metadata.deletionTimestamp', 'metadata.ownerReferences'],
  'certificates.k8s.io/CertificateSigningRequest': ['spec', 'status.conditions'],
  'storage.k8s.io/VolumeAttachment': ['spec', 'metadata'],
  'apiextensions.k8s.io/CustomResourceDefinition': ['spec', 'metadata'],
  'apiregistration.k8s.io/APIService': ['spec', 'metadata'],
  'admissionregistration.k8s.io/ValidatingAdmissionPolicy': ['spec', 'metadata'],
};

/** Fields that a request through this endpoint cannot change. */
function resetsOf(kind: KindDefinition, subresource: string): readonly string[] {
  const isCustom = kind.customSchema !== undefined;
  const name = `${kind.type.group}/${kind.type.kind}`;
  if (subresource === 'approval') return ['spec', 'status.certificate'];
  if (subresource === 'status') return statusResets[name] ?? (isCustom ? ['spec', 'metadata'] : ['spec']);
  return kind.subresources.some((each) => each.name === 'status') ? ['status'] : [];
}

const known = new WeakMap<KindDefinition, Map<string, Boundary>>();

export function boundaryOf(kind: KindDefinition, subresource: string): Boundary {
  let ofKind = known.get(kind);
  if (!ofKind) {
    ofKind = new Map();
    known.set(kind, ofKind);
  }
  let boundary = ofKind.get(subresource);
  if (!boundary) {
    boundary = makeBoundary(resetsOf(kind, subresource));
    ofKind.set(subresource, boundary);
  }
  return boundary;
}

const nobodys = setOf(
  ...alwaysIn.map((name) => [`f:${name}`]),
  ['f:metadata'],
  ...identity.map((name) => ['f:metadata', `f:${name}`]),
);

/** The paths without those that nobody owns. */
export function ownable(fields: FieldSet): FieldSet {
  return difference(fields, nobodys);
}

function makeBoundary(resets: readonly string[]): Boundary {
  const whole = resets.filter((path) => !path.includes('.'));
  const inMetadata = resets.flatMap((path) => (path.startsWith('metadata.') ? [path.slice(9)] : []));
  const excluded = setOf(...resets.map((path) => path.split('.').map((name) => `f:${name}`)));
  return {
    skipped: { fields: new Set([...alwaysIn, ...whole]), metadata: new Set([...identity, ...inMetadata]) },
    writable: (fields) => recursiveDifference(fields, excluded),
  };
}
