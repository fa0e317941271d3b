import { randomBytes, randomUUID } from 'node:crypto';
import {
  apiVersionOf,
  applySchemaDefaults,
  cloneJson,
  DecodeError,
  decodeObject,
  type FieldError,
  isSame,
  isSameBut,
  type JsonObject,
  type KindDefinition,
  type KubeObject,
  objectAt,
  schemaFor,
  stringAt,
  validateMetadata,
  validateSchema,
} from '../kinds/index.js';
import { type Change, ConflictError, type Store, StoredObject } from '../store/index.js';
import { AdmissionChain, type AdmissionRequest } from './admission/admission.js';
import { alreadyExists, badRequest, conflict, invalid, notFound } from './api-error.js';
import { keepTimes, type Change as OwnedChange, trackChange } from './apply/index.js';
import type { User } from './authentication.js';
import type { KindCatalog } from './catalog.js';
import { convertAhead, convertedValue, isStoredAsNow, toStored } from './conversion.js';
import { drop, hasStatus, restrictToPart } from './parts.js';

export interface WriteContext {
  user: User;
  isDryRun: boolean;
  fieldManager: string;
  /** A server-side apply: the object comes with its owners noted. */
  isApply?: boolean;
  /** The subresource that a write to the object itself came through: its scale. */
  through?: string;
  fieldValidation: 'Strict' | 'Warn' | 'Ignore';
  warnings: string[];
  /** Of a request that is noted in the audit log. */
  audit?: { annotate(key: string, value: string): void; named(name: string): void };
}

/** Subresources that are views of the object itself: each changes its own part only. */
export const objectSubresources = ['status', 'finalize', 'ephemeralcontainers', 'resize', 'approval'] as const;
export type ObjectSubresource = (typeof objectSubresources)[number];

export interface UpdateRequest {
  kind: KindDefinition;
  namespace: string;
  name: string;
  subresource: '' | 'binding' | ObjectSubresource;
  /** Makes the wanted object from the current one, which it must leave as it is. */
  change(current: JsonObject): JsonObject;
  /** Try again on the newest version when another change came between: for patches without a resourceVersion. */
  isRetried: boolean;
}

const retries = 10;
const suffixLetters = 'bcdfghjklmnpqrstvwxz2456789';

export function storeKeyOf(kind: KindDefinition): string {
  if (kind.storedAs) return kind.storedAs.key;
  return kind.type.group === '' ? kind.type.plural : `${kind.type.group}/${kind.type.plural}`;
}

export function nowText(): string {
  return `${new Date().toISOString().slice(0, 19)}Z`;
}

export function asJson(value: KubeObject): JsonObject {
  return value as unknown as JsonObject;
}

function asKube(value: JsonObject): KubeObject {
  return value as unknown as KubeObject;
}

/** A copy that may be changed, in the form the kind is served in; `convertAhead` must have been asked before. */
export function draftOf(kind: KindDefinition, object: StoredObject): JsonObject {
  if (!kind.storedAs) return cloneJson(asJson(object.value));
  return kind.storedAs.fromStored(cloneJson(convertedValue(kind, object)));
}

/** Creates, changes and removes objects of any kind by the rules of that kind. */
export class Registry {
  readonly admission = new AdmissionChain();

  constructor(
    readonly store: Store,
    readonly catalog: KindCatalog,
  ) {}

  get(kind: KindDefinition, namespace: string, name: string): StoredObject {
    const found = this.store.get(storeKeyOf(kind), namespace, name);
    if (!found) throw notFound(kind.type, name);
    return found;
  }

  find(kind: KindDefinition, namespace: string, name: string): StoredObject | undefined {
    return this.store.get(storeKeyOf(kind), namespace, name);
  }

  /** `input` as it came from the client. */
  async create(
    kind: KindDefinition,
    namespace: string,
    input: JsonObject,
    context: WriteContext,
  ): Promise<StoredObject> {
    this.checkType(kind, input);
    for (let attempt = 0; ; attempt++) {
      const draft = this.decode(kind, input, context);
      const isGenerated = this.#identify(kind, namespace, draft);
      this.#default(kind, draft);
      kind.prepareForCreate?.(draft);
      const name = stringAt(objectAt(draft, 'metadata'), 'name');
      const request: AdmissionRequest = {
        operation: 'CREATE',
        kind,
        subresource: '',
        namespace,
        name,
        object: draft,
        old: undefined,
        context,
      };
      const object = await this.#mutate(request);
      if (!context.isApply) trackChange(kind, undefined, object, changeOf(request));
      this.#validate(kind, object, undefined, context.warnings);
      await this.admission.validate(request);
      try {
        return await this.#commit(request, 0, object, this.admission.reserve(request));
      } catch (error) {
        if (!(error instanceof ConflictError)) throw error;
        const isOwn = error.key.resource === storeKeyOf(kind);
        if (isOwn && !isGenerated) throw alreadyExists(kind.type, name);
        if (attempt >= retries) throw isOwn ? alreadyExists(kind.type, name) : conflict(kind.type, name);
      }
    }
  }

  async update(request: UpdateRequest, context: WriteContext): Promise<StoredObject> {
    const { kind, namespace, name } = request;
    for (let attempt = 0; ; attempt++) {
      const current = this.get(kind, namespace, name);
      const ahead = convertAhead(kind, [current]);
      if (ahead) await ahead;
      const old = kind.storedAs ? draftOf(kind, current) : asJson(current.value);
      const wanted = request.change(old);
      try {
        return await this.#replace(request, current, old, wanted, context);
      } catch (error) {
        if (!(error instanceof ConflictError)) throw error;
        if (!request.isRetried || attempt >= retries) throw conflict(kind.type, name);
      }
    }
  }

  async #replace(
    request: UpdateRequest,
    current: StoredObject,
    old: JsonObject,
    wanted: JsonObject,
    context: WriteContext,
  ): Promise<StoredObject> {
    const { kind, namespace, name, subresource } = request;
    this.checkType(kind, wanted);
    const draft = this.decode(kind, wanted, context);
    this.#keepIdentity(kind, namespace, name, current, draft, old, context.isApply === true);
    restrictToPart(kind, subresource, draft, old);
    this.#default(kind, draft);
    if (subresource === '') kind.prepareForUpdate?.(draft, old);
    else subresourceOf(kind, subresource)?.prepare?.(draft, old, nowText());
    const metadata = objectAt(draft, 'metadata');
    if (kind.generationOf.some((field) => !isSame(draft[field], old[field])))
      metadata.generation = Number(objectAt(old, 'metadata').generation ?? 0) + 1;
    const admitted: AdmissionRequest = {
      operation: 'UPDATE',
      kind,
      subresource,
      namespace,
      name,
      object: draft,
      old,
      context,
    };
    const object = await this.#mutate(admitted);
    if (!context.isApply) trackChange(kind, old, object, changeOf(admitted));
    keepTimes(old, object);
    this.#validate(kind, object, old, context.warnings, subresource);
    await this.admission.validate(admitted);
    if (isSameVersion(object, old) && isStoredAsNow(kind, current)) return current;
    if (isFinished(kind, object)) return this.remove(kind, current, object, context);
    return this.#commit(admitted, current.revision, object, this.admission.reserve(admitted));
  }

  /** Lets the plugins judge a deletion. Throws what they refuse it with. */
  async admitDeletion(kind: KindDefinition, current: StoredObject, context: WriteContext): Promise<void> {
    await this.admission.validate(deletionOf(kind, current, context));
  }

  /** Takes the object out of the store; `last` is the state that watchers see. */
  async remove(
    kind: KindDefinition,
    current: StoredObject,
    last: JsonObject,
    context: WriteContext,
  ): Promise<StoredObject> {
    const request = deletionOf(kind, current, context);
    return this.#commit(request, current.revision, last, this.admission.reserve(request), true);
  }

  /** The draft as the plugins left it, with the defaults of what a plugin put in its place. */
  async #mutate(request: AdmissionRequest): Promise<JsonObject> {
    const draft = request.object;
    await this.admission.mutate(request);
    const { object } = request;
    if (!object) throw new Error('an admission plugin took the object away');
    if (object !== draft) this.#default(request.kind, object);
    return object;
  }

  async #commit(
    { kind, namespace, name, context }: AdmissionRequest,
    expect: number,
    draft: JsonObject,
    extra: readonly Change[],
    remove = false,
  ): Promise<StoredObject> {
    const converted = toStored(kind, draft);
    const stored = converted instanceof Promise ? await converted : converted;
    const resource = storeKeyOf(kind);
    const value = asKube({ apiVersion: stored.apiVersion, kind: stored.kind, metadata: stored.metadata, ...stored });
    const change: Change = { resource, namespace, name, expect, value, ...(remove && { remove }) };
    if (context.isDryRun) {
      if ((this.store.get(resource, namespace, name)?.revision ?? 0) !== expect)
        throw new ConflictError(change, expect, this.store.revision);
      if (expect > 0) value.metadata.resourceVersion = String(expect);
      return new StoredObject(resource, namespace, name, expect, Buffer.from(JSON.stringify(value)));
    }
    const [written] = await this.store.commit([change, ...extra]);
    if (!written) throw new Error('the store committed a change without its object');
    return written;
  }

  /** 400 unless the object says it is what the path says. */
  checkType(kind: KindDefinition, object: JsonObject): void {
    const apiVersion = apiVersionOf(kind.type);
    for (const field of ['kind', 'apiVersion']) {
      const value = object[field];
      if (value !== undefined && value !== null && typeof value !== 'string')
        throw badRequest(
          `couldn't get version/kind; json parse error: json: cannot unmarshal ${Array.isArray(value) ? 'array' : typeof value} into Go struct field .${field} of type string`,
        );
    }
    if (stringAt(object, 'kind') === '') object.kind = kind.type.kind;
    if (stringAt(object, 'apiVersion') === '') object.apiVersion = apiVersion;
    if (object.apiVersion !== apiVersion)
      throw badRequest(
        `the API version in the data (${String(object.apiVersion)}) does not match the expected API version (${apiVersion})`,
      );
    if (object.kind !== kind.type.kind)
      throw badRequest(
        `${String(object.kind)} in version ${JSON.stringify(object.apiVersion)} cannot be handled as a ${kind.type.kind}`,
      );
  }

  /** Unknown fields are refused, warned about or dropped as the client asked. */
  decode(
    kind: KindDefinition,
    input: JsonObject,
    context: Pick<WriteContext, 'fieldValidation' | 'warnings'>,
  ): JsonObject {
    const unknown: string[] = [];
    let decoded: JsonObject;
    try {
      decoded = kind.custom ? kind.custom.decode(input, unknown) : decodeObject(schemaFor(kind), input, unknown);
    } catch (error) {
      if (error instanceof DecodeError)
        throw badRequest(
          `${kind.type.kind} in version ${JSON.stringify(kind.type.version)} cannot be handled as a ${kind.type.kind}: ${error.message}`,
        );
      throw error;
    }
    const problems = unknown.map((field) => `unknown field ${JSON.stringify(field)}`);
    if (problems.length > 0 && context.fieldValidation === 'Strict')
      throw badRequest(
        `${kind.type.kind} in version ${JSON.stringify(kind.type.version)} cannot be handled as a ${kind.type.kind}: strict decoding error: ${problems.join(', ')}`,
      );
    if (context.fieldValidation === 'Warn')
      for (const problem of problems) if (!context.warnings.includes(problem)) context.warnings.push(problem);
    return decoded;
  }

  #default(kind: KindDefinition, draft: JsonObject): void {
    if (kind.isStructural && !kind.custom) applySchemaDefaults(schemaFor(kind), draft);
    kind.setDefaults?.(draft);
  }

  /** Fills in what the server decides of a new object's metadata; true when the name was made here. */
  #identify(kind: KindDefinition, namespace: string, draft: JsonObject): boolean {
    const metadata = objectAt(draft, 'metadata');
    draft.metadata = metadata;
    const given = stringAt(metadata, 'namespace');
    if (kind.type.namespaced) {
      if (given !== '' && given !== namespace)
        throw badRequest(`the namespace of the provided object does not match the namespace sent on the request`);
      metadata.namespace = namespace;
    } else drop(metadata, 'namespace');
    const prefix = stringAt(metadata, 'generateName');
    const isGenerated = stringAt(metadata, 'name') === '' && prefix !== '';
    if (isGenerated) {
      const suffix = [...randomBytes(5)].map((byte) => suffixLetters[byte % suffixLetters.length]).join('');
      metadata.name = `${prefix.slice(0, 58)}${suffix}`;
    }
    if (stringAt(metadata, 'resourceVersion') !== '' && metadata.resourceVersion !== '0')
      throw badRequest('resourceVersion should not be set on objects to be created');
    for (const key of ['resourceVersion', 'selfLink', 'deletionTimestamp', 'deletionGracePeriodSeconds', 'generation'])
      drop(metadata, key);
    metadata.uid = randomUUID();
    metadata.creationTimestamp = nowText();
    if (kind.generationOf.length > 0) metadata.generation = 1;
    if (hasStatus(kind)) drop(draft, 'status');
    return isGenerated;
  }

  #keepIdentity(
    kind: KindDefinition,
    namespace: string,
    name: string,
    current: StoredObject,
    draft: JsonObject,
    old: JsonObject,
    isApply: boolean,
  ): void {
    const metadata = objectAt(draft, 'metadata');
    draft.metadata = metadata;
    const before = objectAt(old, 'metadata');
    const given = stringAt(metadata, 'name');
    if (given !== '' && given !== name)
      throw badRequest(`the name of the object (${given}) does not match the name on the URL (${name})`);
    const givenNamespace = stringAt(metadata, 'namespace');
    if (kind.type.namespaced && givenNamespace !== '' && givenNamespace !== namespace)
      throw badRequest('the namespace of the provided object does not match the namespace sent on the request');
    const uid = stringAt(metadata, 'uid');
    if (uid !== '' && uid !== before.uid)
      throw conflict(
        kind.type,
        name,
        `Precondition failed: UID in precondition: ${uid}, UID in object meta: ${String(before.uid)}`,
      );
    const version = stringAt(metadata, 'resourceVersion');
    if (version !== '' && version !== '0' && version !== String(current.revision)) throw conflict(kind.type, name);
    metadata.name = name;
    for (const key of [
      'namespace',
      'uid',
      'creationTimestamp',
      'deletionTimestamp',
      'deletionGracePeriodSeconds',
      'generation',
      'generateName',
      'selfLink',
    ]) {
      if (before[key] === undefined) drop(metadata, key);
      else metadata[key] = before[key];
    }
    if (!isApply && metadata.managedFields === undefined && before.managedFields !== undefined)
      metadata.managedFields = before.managedFields;
  }

  #validate(
    kind: KindDefinition,
    draft: JsonObject,
    old: JsonObject | undefined,
    warnings: string[],
    subresource = '',
  ): void {
    const errors: FieldError[] = validateMetadata(draft, kind.nameRule);
    if (kind.custom) errors.push(...kind.custom.validate(draft, old, warnings));
    else if (subresource === '') {
      const own = kind.validate?.(draft, old) ?? [];
      errors.push(...own);
      const byField = new Set(own.map((each) => each.field));
      const fromSchema: FieldError[] = [];
      const schema = schemaFor(kind);
      for (const [field, child] of kind.isSchemaJudged ? schema.properties : [])
        if (field !== 'metadata' && field !== 'status') validateSchema(child, draft[field], field, fromSchema);
      if (kind.isStructural)
        for (const field of schema.required)
          if (draft[field] === undefined)
            fromSchema.push({ field, reason: 'FieldValueRequired', message: 'Required value' });
      errors.push(...fromSchema.filter((each) => !byField.has(each.field)));
    } else if (old) errors.push(...(subresourceOf(kind, subresource)?.validate?.(draft, old) ?? []));
    if (errors.length > 0) throw invalid(kind, stringAt(objectAt(draft, 'metadata'), 'name'), errors);
  }
}

const subresourceOf = (kind: KindDefinition, name: string) => kind.subresources.find((each) => each.name === name);

function changeOf({ kind, subresource, context }: AdmissionRequest): OwnedChange {
  const apiVersion = apiVersionOf(kind.type);
  const through = context.through ?? subresource;
  return { manager: context.fieldManager, operation: 'Update', subresource: through, apiVersion, time: nowText() };
}

function deletionOf(kind: KindDefinition, current: StoredObject, context: WriteContext): AdmissionRequest {
  return {
    operation: 'DELETE',
    kind,
    subresource: '',
    namespace: current.namespace,
    name: current.name,
    object: undefined,
    old: kind.storedAs ? draftOf(kind, current) : asJson(current.value),
    context,
  };
}

/** Being deleted, and nothing holds it any more. */
function isFinished(kind: KindDefinition, draft: JsonObject): boolean {
  const metadata = objectAt(draft, 'metadata');
  if (metadata.deletionTimestamp === undefined) return false;
  const finalizers = metadata.finalizers;
  if (Array.isArray(finalizers) && finalizers.length > 0) return false;
  if (kind.type.kind === 'Pod') return metadata.deletionGracePeriodSeconds === 0;
  if (kind.type.kind !== 'Namespace') return true;
  const held = objectAt(draft, 'spec').finalizers;
  return !Array.isArray(held) || held.length === 0;
}

const noMetadata = new Set(['metadata']);
const noVersion = new Set(['resourceVersion']);

/** Nothing differs but the version. */
function isSameVersion(a: JsonObject, b: JsonObject): boolean {
  return isSameBut(noMetadata, a, b) && isSameBut(noVersion, objectAt(a, 'metadata'), objectAt(b, 'metadata'));
}
