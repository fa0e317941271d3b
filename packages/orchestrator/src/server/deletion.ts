import {
  DecodeError,
  decodeObject,
  isJsonObject,
  type Json,
  type JsonObject,
  type KindDefinition,
  numberAt,
  objectAt,
  schemaOf,
  stringAt,
} from '../kinds/index.js';
import { ConflictError, type StoredObject } from '../store/index.js';
import { badRequest, conflict, notFound } from './api-error.js';
import { convertAhead, toStored } from './conversion.js';
import { draftOf, type Registry, storeKeyOf, type WriteContext } from './registry.js';

export interface DeleteOptions {
  gracePeriodSeconds?: number;
  propagationPolicy?: string;
  uid?: string;
  resourceVersion?: string;
  isDryRun: boolean;
}

/** From the body and the query; the body wins. Throws 400. */
export function parseDeleteOptions(body: Json | undefined, query: URLSearchParams): DeleteOptions {
  const options = body === undefined ? {} : decodeDeleteOptions(body);
  const preconditions = objectAt(options, 'preconditions');
  const grace = numberAt(options, 'gracePeriodSeconds') ?? numberOf(query.get('gracePeriodSeconds'));
  const policy = stringAt(options, 'propagationPolicy') || query.get('propagationPolicy') || undefined;
  if (policy !== undefined && !['Background', 'Foreground', 'Orphan'].includes(policy))
    throw badRequest(`invalid propagationPolicy ${JSON.stringify(policy)}: use Background, Foreground or Orphan`);
  const orphan = options.orphanDependents === true || query.get('orphanDependents') === 'true';
  const dryRun = Array.isArray(options.dryRun) ? options.dryRun : query.getAll('dryRun');
  return {
    gracePeriodSeconds: grace,
    propagationPolicy: policy ?? (orphan ? 'Orphan' : undefined),
    uid: stringAt(preconditions, 'uid') || undefined,
    resourceVersion: stringAt(preconditions, 'resourceVersion') || undefined,
    isDryRun: dryRun.includes('All'),
  };
}

function numberOf(text: string | null): number | undefined {
  if (text === null || text === '') return undefined;
  if (/^[+-]?\d{1,15}$/.test(text)) return Number(text);
  throw badRequest(`strconv.ParseInt: parsing ${JSON.stringify(text)}: invalid syntax`);
}

/** Nothing is deleted by options that cannot be read: they may have been meant to hold it back. */
function decodeDeleteOptions(body: Json): JsonObject {
  const schema = schemaOf('io.k8s.apimachinery.pkg.apis.meta.v1.DeleteOptions');
  if (!isJsonObject(body)) throw badRequest('the options of a deletion must be an object of the kind DeleteOptions');
  const kind = body.kind ?? 'DeleteOptions';
  if (kind !== 'DeleteOptions') throw badRequest(`${JSON.stringify(kind)} cannot be handled as a DeleteOptions`);
  try {
    return decodeObject(schema, body, []);
  } catch (error) {
    if (!(error instanceof DecodeError)) throw error;
    throw badRequest(`unable to decode the options of the deletion: ${error.message}`);
  }
}

/** `isGone` tells whether the object left the store or only began to. */
export async function deleteObject(
  registry: Registry,
  kind: KindDefinition,
  namespace: string,
  name: string,
  options: DeleteOptions,
  caller: WriteContext,
): Promise<{ object: StoredObject; isGone: boolean }> {
  const context = { ...caller, isDryRun: caller.isDryRun || options.isDryRun };
  for (let attempt = 0; ; attempt++) {
    const current = registry.get(kind, namespace, name);
    try {
      return await deleteOnce(registry, kind, current, options, context);
    } catch (error) {
      if (!(error instanceof ConflictError)) throw error;
      if (attempt > 10) throw conflict(kind.type, name);
    }
  }
}

async function deleteOnce(
  registry: Registry,
  kind: KindDefinition,
  current: StoredObject,
  options: DeleteOptions,
  context: WriteContext,
): Promise<{ object: StoredObject; isGone: boolean }> {
  const ahead = convertAhead(kind, [current]);
  if (ahead) await ahead;
  const draft = draftOf(kind, current);
  const metadata = objectAt(draft, 'metadata');
  checkPreconditions(kind, current, metadata, options);
  await registry.admitDeletion(kind, current, context);
  const before = JSON.stringify(metadata);
  addFinalizer(metadata, options.propagationPolicy);
  const grace = graceOf(kind, draft, options.gracePeriodSeconds);
  const isHeld = hasFinalizers(kind, draft);
  if (grace === 0 && !isHeld) return { object: await registry.remove(kind, current, draft, context), isGone: true };
  const known = numberAt(metadata, 'deletionGracePeriodSeconds');
  if (metadata.deletionTimestamp === undefined || (known !== undefined && grace < known)) {
    const began =
      metadata.deletionTimestamp === undefined
        ? Date.now()
        : Date.parse(stringAt(metadata, 'deletionTimestamp')) - (known ?? 0) * 1000;
    metadata.deletionTimestamp = `${new Date(began + grace * 1000).toISOString().slice(0, 19)}Z`;
    metadata.deletionGracePeriodSeconds = grace;
    if (kind.generationOf.length > 0) metadata.generation = (numberAt(metadata, 'generation') ?? 0) + 1;
  }
  if (kind.type.kind === 'Namespace') draft.status = { ...objectAt(draft, 'status'), phase: 'Terminating' };
  if (JSON.stringify(metadata) === before) return { object: current, isGone: false };
  if (context.isDryRun) return { object: current, isGone: false };
  const value = await toStored(kind, draft);
  const change = {
    resource: storeKeyOf(kind),
    namespace: current.namespace,
    name: current.name,
    expect: current.revision,
  };
  const [object] = await registry.store.commit([{ ...change, value: value as never }]);
  if (!object) throw notFound(kind.type, current.name);
  return { object, isGone: false };
}

function checkPreconditions(
  kind: KindDefinition,
  current: StoredObject,
  metadata: JsonObject,
  options: DeleteOptions,
): void {
  if (options.uid !== undefined && options.uid !== metadata.uid)
    throw conflict(
      kind.type,
      current.name,
      `Precondition failed: UID in precondition: ${options.uid}, UID in object meta: ${String(metadata.uid)}`,
    );
  if (options.resourceVersion !== undefined && options.resourceVersion !== String(current.revision))
    throw conflict(
      kind.type,
      current.name,
      `Precondition failed: ResourceVersion in precondition: ${options.resourceVersion}, ResourceVersion in object meta: ${current.revision}`,
    );
}

/** Foreground and orphan deletion are carried out by the garbage collector, which removes these finalizers. */
function addFinalizer(metadata: JsonObject, policy: string | undefined): void {
  const wanted = policy === 'Foreground' ? 'foregroundDeletion' : policy === 'Orphan' ? 'orphan' : undefined;
  const finalizers = Array.isArray(metadata.finalizers) ? metadata.finalizers : [];
  if (!wanted || finalizers.includes(wanted) || metadata.deletionTimestamp !== undefined) return;
  metadata.finalizers = [...finalizers.filter((each) => each !== 'orphan' && each !== 'foregroundDeletion'), wanted];
}

function hasFinalizers(kind: KindDefinition, draft: JsonObject): boolean {
  const lists = [objectAt(draft, 'metadata').finalizers];
  if (kind.type.kind === 'Namespace') lists.push(objectAt(draft, 'spec').finalizers);
  return lists.some((list) => Array.isArray(list) && list.length > 0);
}

/** Only pods have a grace period: zero before they are bound to a node and after their containers have ended. */
function graceOf(kind: KindDefinition, draft: JsonObject, asked: number | undefined): number {
  if (kind.type.kind !== 'Pod') return 0;
  const spec = objectAt(draft, 'spec');
  const phase = stringAt(objectAt(draft, 'status'), 'phase');
  if (stringAt(spec, 'nodeName') === '' || phase === 'Succeeded' || phase === 'Failed') return 0;
  const known = numberAt(objectAt(draft, 'metadata'), 'deletionGracePeriodSeconds');
  const grace = Math.max(0, asked ?? numberAt(spec, 'terminationGracePeriodSeconds') ?? 30);
  return known === undefined ? grace : Math.min(known, grace);
}
