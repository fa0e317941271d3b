import type { FieldError } from './field-error.js';
import { isJsonObject, type JsonObject } from './json.js';
import type { KubeObject, ResourceType } from './kind.js';
import { validateFinalizers } from './metadata.js';
import { type Schema, schemaOf } from './schema.js';

/** A column of server-side printing. Cells of `priority` above 0 are shown with `-o wide` only. */
export interface Column {
  name: string;
  type: 'string' | 'integer' | 'date' | 'number' | 'boolean';
  format?: string;
  priority?: number;
  description?: string;
  /** `now` in milliseconds. */
  cell(object: JsonObject, now: number): string | number | boolean | null;
}

export type NameRule = 'subdomain' | 'label' | 'label1035' | 'path' | 'ip';

/** A custom resource's own ways where they differ from a built-in kind's. */
export interface CustomBehaviour {
  /** What a client sent, with what the schema does not know dropped and named in `unknown`. Throws DecodeError. */
  decode(input: JsonObject, unknown: string[]): JsonObject;
  /** Judges the whole object, its status too; what was wrong before and has not been touched becomes a warning. */
  validate(object: JsonObject, old: JsonObject | undefined, warnings: string[]): FieldError[];
  scale?: {
    readonly replicasPath: string;
    /** Undefined where the object has no value at the path. */
    replicasOf(object: JsonObject): number | undefined;
    setReplicas(draft: JsonObject, replicas: number): void;
    statusReplicasOf(object: JsonObject): number;
    selectorOf(object: JsonObject): string;
  };
  /** What a client that uses this version is warned of; empty: nothing. */
  deprecation: string;
  /** The definition is being deleted: nothing new may be created. */
  isTerminating: boolean;
}

/** Converts objects of a custom resource between its versions, elsewhere: all of a call at once, in their order. */
export interface ConversionHook {
  /** The objects in the version `apiVersion`, with their own metadata but for labels and annotations. Rejects with 500. */
  convert(objects: readonly JsonObject[], apiVersion: string): Promise<JsonObject[]>;
}

/** How a kind that is a view of what is stored comes out of the store and goes in. */
interface StoredForm {
  key: string;
  toStored(object: JsonObject): JsonObject;
  fromStored(object: JsonObject): JsonObject;
  /** The version that is written now, where the resource has several: what lies there may be of an earlier one. */
  apiVersion?: string;
  /** Where there is one, it does the converting; `fromStored` is given an object of the kind's own version. */
  hook?: ConversionHook;
}

/** A part of a resource with a path of its own. `kind` is what its bodies are, of the kind's own group and version unless they are said. */
export interface Subresource {
  name: string;
  kind: string;
  group?: string;
  version?: string;
  verbs: readonly string[];
  /** Changes a draft that came by this path, after what it may not touch has been put back. `now`: RFC 3339. */
  prepare?(draft: JsonObject, old: JsonObject, now: string): void;
  /** Judges an object that came by this path. */
  validate?(object: JsonObject, old: JsonObject): FieldError[];
}

/** All that a kind is. The functions are pure; those named `prepare…` and `default…` change the draft they are given. */
export interface KindDefinition {
  type: ResourceType<KubeObject>;
  singular: string;
  shortNames: readonly string[];
  categories: readonly string[];
  /** The name of the schema: in data/schemas.json, unless `customSchema` is that schema. */
  schema: string;
  /** A custom resource's own schema. */
  customSchema?: Schema;
  custom?: CustomBehaviour;
  /** The schema is a custom resource's: it validates and defaults by itself. */
  isStructural: boolean;
  /** The resource this one is stored as, when it is a second view of it. */
  storedAs?: StoredForm;
  nameRule: NameRule;
  /** The kind's own rules are not all of upstream's: what its schema says of required fields and closed sets is asked as well. */
  isSchemaJudged: boolean;
  /** What can be done with it, where that is not everything. */
  verbs?: readonly string[];
  /** Deletable one by one only. */
  hasDeleteCollection: boolean;
  subresources: readonly Subresource[];
  /** `.metadata.generation` counts changes of these fields; empty: the kind has no generation. */
  generationOf: readonly string[];
  setDefaults?(draft: JsonObject): void;
  prepareForCreate?(draft: JsonObject): void;
  /** After the status, the identity and the generation have been taken care of. */
  prepareForUpdate?(draft: JsonObject, old: JsonObject): void;
  validate?(object: JsonObject, old: JsonObject | undefined): FieldError[];
  columns: readonly Column[];
  /** Field selectors beside metadata.name and metadata.namespace. */
  fields: Readonly<Record<string, (object: JsonObject) => string>>;
}

/** The schema of a kind, built-in or custom. */
export function schemaFor(kind: KindDefinition): Schema {
  return kind.customSchema ?? schemaOf(kind.schema);
}

type DefinitionInput = Pick<KindDefinition, 'type' | 'schema'> & Partial<KindDefinition>;

export const ageColumn: Column = {
  name: 'Age',
  type: 'string',
  cell: (object, now) => ageOf(textOf(object, 'metadata', 'creationTimestamp'), now),
};

export const nameColumn: Column = {
  name: 'Name',
  type: 'string',
  format: 'name',
  cell: (object) => textOf(object, 'metadata', 'name'),
};

export function defineKind(input: DefinitionInput): KindDefinition {
  return {
    singular: input.type.kind.toLowerCase(),
    shortNames: [],
    categories: [],
    isStructural: false,
    nameRule: 'subdomain',
    isSchemaJudged: input.isStructural === true || schemaJudged.has(input.type.kind),
    hasDeleteCollection: true,
    subresources: [],
    generationOf: [],
    columns: [nameColumn, ageColumn],
    fields: {},
    ...input,
    ...(!input.custom &&
      !input.isStructural &&
      !plainFinalizers.has(input.type.kind) && { validate: withFinalizers(input.validate) }),
  };
}

const schemaJudged: ReadonlySet<string> = new Set([
  'APIService',
  'CertificateSigningRequest',
  'CustomResourceDefinition',
  'FlowSchema',
  'MutatingAdmissionPolicy',
  'MutatingAdmissionPolicyBinding',
  'PriorityLevelConfiguration',
  'ValidatingAdmissionPolicy',
  'ValidatingAdmissionPolicyBinding',
]);

/** Kinds whose finalizers need no domain. */
const plainFinalizers: ReadonlySet<string> = new Set([
  'CustomResourceDefinition',
  'Event',
  'Lease',
  'MutatingWebhookConfiguration',
  'PodDisruptionBudget',
  'RuntimeClass',
  'ValidatingWebhookConfiguration',
]);

/** What every other built-in kind asks of finalizers beside its own rules. */
function withFinalizers(own: KindDefinition['validate']): KindDefinition['validate'] {
  return (object, old) => {
    const errors = own?.(object, old) ?? [];
    const { metadata } = object;
    const finalizers = isJsonObject(metadata) ? metadata.finalizers : undefined;
    return Array.isArray(finalizers) ? [...validateFinalizers(finalizers), ...errors] : errors;
  };
}

export const statusSubresource = (kind: string, own: Pick<Subresource, 'prepare' | 'validate'> = {}): Subresource => ({
  name: 'status',
  kind,
  verbs: ['get', 'patch', 'update'],
  ...own,
});

export const scaleSubresource: Subresource = {
  name: 'scale',
  kind: 'Scale',
  group: 'autoscaling',
  version: 'v1',
  verbs: ['get', 'patch', 'update'],
};

function textOf(object: JsonObject, ...path: string[]): string {
  let value: unknown = object;
  for (const key of path) value = typeof value === 'object' && value !== null ? Reflect.get(value, key) : undefined;
  return typeof value === 'string' ? value : '';
}

/** `12s`, `3m5s`, `2d4h`: as kubectl writes ages. */
export function ageOf(timestamp: string, now: number): string {
  if (timestamp === '') return '<unknown>';
  return durationText(Math.floor((now - Date.parse(timestamp)) / 1000));
}

export function durationText(seconds: number): string {
  if (seconds < -1) return '<invalid>';
  if (seconds < 0) return '0s';
  if (seconds < 120) return `${seconds}s`;
  const minutes = Math.floor(seconds / 60);
  if (minutes < 10) return seconds % 60 === 0 ? `${minutes}m` : `${minutes}m${seconds % 60}s`;
  if (minutes < 180) return `${minutes}m`;
  const hours = Math.floor(minutes / 60);
  if (hours < 8) return minutes % 60 === 0 ? `${hours}h` : `${hours}h${minutes % 60}m`;
  if (hours < 48) return `${hours}h`;
  const days = Math.floor(hours / 24);
  if (hours < 192) return hours % 24 === 0 ? `${days}d` : `${days}d${hours % 24}h`;
  if (days < 730) return `${days}d`;
  const years = Math.floor(days / 365);
  if (days < 2920) return days % 365 === 0 ? `${years}y` : `${years}y${days % 365}d`;
  return `${years}y`;
}
