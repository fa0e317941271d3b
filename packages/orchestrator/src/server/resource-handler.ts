import type { IncomingMessage, ServerResponse } from 'node:http';
import {
  apiVersionOf,
  cloneJson,
  isJsonObject,
  type Json,
  type JsonObject,
  numberAt,
  objectAt,
  schemaFor,
  schemaOf,
  stringAt,
} from '../kinds/index.js';
import type { StoredObject } from '../store/index.js';
import { admitConnection } from './admission/connect.js';
import { admitCreation } from './admission/subresource.js';
import { ApiError, badRequest, forbidden, methodNotAllowed, unsupportedMediaType } from './api-error.js';
import { type Apply, applyScale, applyTo } from './apply/index.js';
import { trailOf } from './audit/index.js';
import type { User } from './authentication.js';
import { isAllowed, refusalText } from './authorization.js';
import { duplicateRule, mediaTypeOf, parseBody, parseObject, readBody } from './body.js';
import { toCustomScale } from './custom/custom-scale.js';
import { deleteObject, parseDeleteOptions } from './deletion.js';
import { sendJson } from './front/answer.js';
import { jsonPatch } from './json-patch.js';
import { collectList, serveList } from './list.js';
import type { ServerMetrics } from './metrics.js';
import type { NodeProxy } from './node-proxy.js';
import { mergePatch, strategicMergePatch } from './patch.js';
import { bindPod, evictPod, requestToken, toScale } from './pod-subresources.js';
import { toServed } from './presentation.js';
import {
  nowText,
  type ObjectSubresource,
  objectSubresources,
  type Registry,
  type UpdateRequest,
  type WriteContext,
} from './registry.js';
import type { ResourceRequest } from './request-info.js';
import { selectorTextOf } from './scale.js';
import { parseSelection } from './selection.js';
import { shapeOf } from './table.js';
import type { TokenSigner } from './tokens.js';
import { answerVirtual, type VirtualResources } from './virtual.js';
import { serveWatch, shapedBody } from './watch.js';

export interface ResourceHandlerOptions {
  registry: Registry;
  tokens: TokenSigner;
  nodes: NodeProxy;
  metrics: ServerMetrics;
  virtual: VirtualResources;
}

interface Call {
  request: IncomingMessage;
  response: ServerResponse;
  query: URLSearchParams;
  target: ResourceRequest;
  context: WriteContext;
}

/** 403 unless the user may do this. */
export function authorize(registry: Registry, user: User, target: ResourceRequest): void {
  const { group, plural } = target.kind.type;
  const wanted = {
    verb: target.verb,
    group,
    resource: plural,
    subresource: target.subresource,
    namespace: target.namespace || (isOfNamespace(target) ? target.name : ''),
    name: target.name,
    ...(target.fieldSelector !== undefined && { fieldSelector: target.fieldSelector }),
  };
  if (!isAllowed(registry.store, user, wanted))
    throw forbidden(target.kind.type, target.name, refusalText(user, wanted));
}

const mostManagerBytes = 128;

function managerProblem(manager: string): string | undefined {
  if (Buffer.byteLength(manager) > mostManagerBytes) return `Too long: may not be more than ${mostManagerBytes} bytes`;
  return /^[^\p{C}]*$/u.test(manager)
    ? undefined
    : `Invalid value: ${JSON.stringify(manager)}: should only contain printable characters`;
}

function invalidManager(method: string, problem: string): ApiError {
  const kind = method === 'PATCH' ? 'PatchOptions' : method === 'PUT' ? 'UpdateOptions' : 'CreateOptions';
  const reason = problem.startsWith('Too long') ? 'FieldValueTooLong' : 'FieldValueInvalid';
  return new ApiError(422, 'Invalid', `${kind}.meta.k8s.io "" is invalid: fieldManager: ${problem}`, {
    group: 'meta.k8s.io',
    kind,
    causes: [{ reason, message: problem, field: 'fieldManager' }],
  });
}

/** What is asked of one namespace is asked within it; a collection stays the cluster's, whatever its selector names. */
const isOfNamespace = ({ kind: { type }, verb }: ResourceRequest) =>
  type.group === '' && type.plural === 'namespaces' && !['list', 'watch', 'deletecollection'].includes(verb);

export function writeContextOf(request: IncomingMessage, query: URLSearchParams, user: User): WriteContext {
  const dryRun = query.getAll('dryRun').filter((each) => each !== '');
  if (dryRun.some((each) => each !== 'All'))
    throw badRequest(`invalid dryRun ${JSON.stringify(dryRun.join(','))}: use All`);
  const validation = query.get('fieldValidation') || 'Warn';
  if (validation !== 'Strict' && validation !== 'Warn' && validation !== 'Ignore')
    throw badRequest(`invalid fieldValidation ${JSON.stringify(validation)}: use Strict, Warn or Ignore`);
  const manager = query.get('fieldManager') ?? '';
  const problem = managerProblem(manager);
  if (problem) throw invalidManager(request.method ?? '', problem);
  const agent = (request.headers['user-agent'] ?? 'unknown').split('/')[0] ?? 'unknown';
  return {
    user,
    isDryRun: dryRun.length > 0,
    fieldManager: manager || agent.slice(0, mostManagerBytes),
    fieldValidation: validation,
    warnings: [],
    audit: trailOf(request),
  };
}

/** Answers a request for a resource that the user may make. */
export async function handleResource(
  options: ResourceHandlerOptions,
  { request, response, query, target, user }: Omit<Call, 'context'> & { user: User },
): Promise<void> {
  const virtual = options.virtual.find(target.kind);
  if (virtual) return answerVirtual(virtual, { request, response, query, target, user });
  const call: Call = { request, response, query, target, context: writeContextOf(request, query, user) };
  const deprecation = target.kind.custom?.deprecation ?? '';
  if (deprecation !== '') call.context.warnings.push(deprecation);
  // Lists and watches say themselves how fresh they must be.
  if (target.verb !== 'list' && target.verb !== 'watch' && query.get('resourceVersion') !== '0') {
    const confirmed = options.registry.store.confirm();
    if (confirmed) await confirmed;
  }
  if (target.subresource === '' || isObjectSubresource(target.subresource)) await handleObject(options, call);
  else await handleSubresource(options, call);
}

function isObjectSubresource(subresource: string): subresource is ObjectSubresource {
  return objectSubresources.some((each) => each === subresource);
}

function send(call: Call, code: number, body: Buffer | JsonObject): void {
  const { warnings } = call.context;
  if (warnings.length > 0)
    call.response.setHeader(
      'warning',
      warnings.map((each) => `299 - ${JSON.stringify(each).replace(/[^\x20-\x7e]/g, '?')}`),
    );
  sendJson(call.response, code, body);
}

async function sendObject(call: Call, code: number, object: StoredObject): Promise<void> {
  const shape = shapeOf(call.request.headers.accept ?? '');
  const body = shapedBody(call.target.kind, object, shape, call.query);
  send(call, code, body instanceof Promise ? await body : body);
}

async function handleObject(options: ResourceHandlerOptions, call: Call): Promise<void> {
  const { registry } = options;
  const { request, response, query, target, context } = call;
  const { kind, namespace, name, verb } = target;
  const accept = request.headers.accept ?? '';
  if (target.subresource !== '' && !['get', 'update', 'patch'].includes(verb)) throw methodNotAllowed();
  switch (verb) {
    case 'get':
      await sendObject(call, 200, registry.get(kind, namespace, name));
      return;
    case 'list':
      await serveList(registry.store, kind, parseSelection(kind, namespace, query), query, shapeOf(accept), response);
      return;
    case 'watch': {
      const selection = parseSelection(kind, namespace, query);
      await serveWatch(
        registry.store,
        kind,
        name === '' ? selection : { ...selection, name },
        query,
        shapeOf(accept),
        response,
        options.metrics.watchEvents(kind.type.group, kind.type.version, kind.type.plural),
      );
      return;
    }
    case 'create': {
      if (name !== '') throw methodNotAllowed();
      const body = parseObject(await readBody(request), mediaTypeOf(request), duplicateRule(kind.type, context));
      if (kind.type.namespaced && namespace === '') throw badRequest('the namespace must be named in the path');
      await sendObject(call, 201, await registry.create(kind, namespace, body, context));
      return;
    }
    case 'update': {
      if (name === '') throw methodNotAllowed();
      const body = parseObject(await readBody(request), mediaTypeOf(request), duplicateRule(kind.type, context));
      if (target.subresource === '' && madeByUpdate.has(kind.type.plural) && !registry.find(kind, namespace, name)) {
        authorize(registry, context.user, { ...target, verb: 'create' });
        await sendObject(call, 201, await registry.create(kind, namespace, body, context));
        return;
      }
      await sendObject(
        call,
        200,
        await registry.update({ ...updateOf(target, () => body), isRetried: hasNoVersion(body) }, context),
      );
      return;
    }
    case 'patch':
      await handlePatch(options, call);
      return;
    case 'delete': {
      const body = await readBody(request);
      const deleteOptions = parseDeleteOptions(
        body.length > 0 ? parseBody(body, mediaTypeOf(request)) : undefined,
        query,
      );
      const { object, isGone } = await deleteObject(registry, kind, namespace, name, deleteOptions, context);
      if (!isGone || kind.type.kind === 'Pod') await sendObject(call, 200, object);
      else send(call, 200, deletedStatus(target, object));
      return;
    }
    case 'deletecollection': {
      if (!kind.hasDeleteCollection || (kind.type.namespaced && namespace === '')) throw methodNotAllowed();
      const body = await readBody(request);
      const deleteOptions = parseDeleteOptions(
        body.length > 0 ? parseBody(body, mediaTypeOf(request)) : undefined,
        query,
      );
      const list = await collectList(registry.store, kind, parseSelection(kind, namespace, query), query);
      await Promise.all(
        list.objects.map((each) =>
          deleteObject(registry, kind, each.namespace, each.name, deleteOptions, context).catch((error: unknown) => {
            if (!(error instanceof ApiError) || error.code !== 404) throw error;
          }),
        ),
      );
      sendJson(response, 200, list.body);
      return;
    }
  }
}

/** Resources that a PUT makes where there is none. */
const madeByUpdate = new Set([
  'leases',
  'endpoints',
  'events',
  'limitranges',
  'nodes',
  'services',
  'roles',
  'rolebindings',
  'clusterroles',
  'clusterrolebindings',
  'runtimeclasses',
]);

function hasNoVersion(object: Json): boolean {
  const version = isJsonObject(object) ? objectAt(object, 'metadata').resourceVersion : undefined;
  return version === undefined || version === '';
}

function updateOf(
  { kind, namespace, name, subresource }: ResourceRequest,
  change: UpdateRequest['change'],
): UpdateRequest {
  const part = isObjectSubresource(subresource) ? subresource : '';
  return { kind, namespace, name, subresource: part, change, isRetried: true };
}

function deletedStatus({ kind, name }: ResourceRequest, object: StoredObject): JsonObject {
  const { group, plural } = kind.type;
  const details = { name, ...(group !== '' && { group }), kind: plural, uid: object.value.metadata.uid ?? '' };
  return { kind: 'Status', apiVersion: 'v1', metadata: {}, status: 'Success', details };
}

const applyMediaType = 'application/apply-patch+yaml';
const patchTypes =
  'application/json-patch+json, application/merge-patch+json, application/strategic-merge-patch+json, application/apply-patch+yaml';

/** How a patch makes the wanted object out of the current one. */
async function readPatch(call: Call): Promise<{ change(current: JsonObject): JsonObject; isRetried: boolean }> {
  const { request, target } = call;
  const mediaType = mediaTypeOf(request);
  const body = await readBody(request);
  switch (mediaType) {
    case 'application/json-patch+json': {
      const patch = parseBody(body, mediaType);
      return { change: (current) => jsonPatch(current, patch), isRetried: true };
    }
    case 'application/merge-patch+json': {
      const patch = parseObject(body, mediaType, duplicateRule(target.kind.type, call.context));
      return { change: (current) => asObject(mergePatch(current, patch)), isRetried: hasNoVersion(patch) };
    }
    case 'application/strategic-merge-patch+json': {
      if (target.kind.isStructural)
        throw unsupportedMediaType(patchTypes.replace('application/strategic-merge-patch+json, ', ''));
      const patch = parseObject(body, mediaType, duplicateRule(target.kind.type, call.context));
      const schema =
        target.subresource === 'scale' ? schemaOf('io.k8s.api.autoscaling.v1.Scale') : schemaFor(target.kind);
      return {
        change: (current) => asObject(strategicMergePatch(schema, current, patch)),
        isRetried: hasNoVersion(patch),
      };
    }
    default:
      throw unsupportedMediaType(patchTypes);
  }
}

function asObject(value: Json): JsonObject {
  if (!isJsonObject(value)) throw badRequest('the patch makes no object');
  return value;
}

async function handlePatch(options: ResourceHandlerOptions, call: Call): Promise<void> {
  const { registry } = options;
  const { request, target, context } = call;
  if (target.name === '') throw methodNotAllowed();
  const mediaType = mediaTypeOf(request);
  if (mediaType !== applyMediaType) {
    await sendObject(
      call,
      200,
      await registry.update({ ...updateOf(target, (current) => current), ...(await readPatch(call)) }, context),
    );
    return;
  }
  const apply = applyOf(call);
  const owned = { ...context, isApply: true };
  const applied = parseObject(await readBody(request), mediaType, duplicateRule(target.kind.type, context));
  registry.checkType(target.kind, applied);
  const named = stringAt(objectAt(applied, 'metadata'), 'name');
  if (named !== '' && named !== target.name)
    throw badRequest(`the name of the object (${named}) does not match the name on the URL (${target.name})`);
  // Not decoded: what the schema does not know must be refused, and a null is owned as well.
  const clean: JsonObject = { ...applied, metadata: { ...objectAt(applied, 'metadata'), name: target.name } };
  if (target.subresource === '' && !registry.find(target.kind, target.namespace, target.name)) {
    try {
      authorize(registry, context.user, { ...target, verb: 'create' });
      const object = applyTo(target.kind, undefined, clean, apply);
      await sendObject(call, 201, await registry.create(target.kind, target.namespace, object, owned));
      return;
    } catch (error) {
      if (!(error instanceof ApiError) || error.reason !== 'AlreadyExists') throw error;
    }
  }
  const change: UpdateRequest['change'] = (current) => applyTo(target.kind, current, clean, apply);
  await sendObject(
    call,
    200,
    await registry.update({ ...updateOf(target, change), isRetried: hasNoVersion(applied) }, owned),
  );
}

/** Who applies, and whether conflicts are theirs to win. Throws 400 without a name. */
function applyOf({ query, target }: Call): Apply {
  const manager = query.get('fieldManager') ?? '';
  if (manager === '')
    throw badRequest(
      'PatchOptions.meta.k8s.io "" is invalid: fieldManager: Required value: is required for apply patch',
    );
  const isForced = ['true', '1'].includes(query.get('force') ?? '');
  const { subresource, kind } = target;
  return { manager, isForced, subresource, apiVersion: apiVersionOf(kind.type), time: nowText() };
}

async function handleSubresource(options: ResourceHandlerOptions, call: Call): Promise<void> {
  const { registry } = options;
  const { request, response, query, target, context } = call;
  const { kind, namespace, name, subresource } = target;
  switch (subresource) {
    case 'log':
      if (request.method !== 'GET') throw methodNotAllowed();
      options.nodes.log(namespace, name, query, response);
      return;
    case 'proxy':
      await admitConnection(registry, request, target, query, context.user);
      options.nodes.proxy(request, response, { plural: kind.type.plural, namespace, name });
      return;
    case 'exec':
    case 'attach':
    case 'portforward':
      throw badRequest('Upgrade request required');
    case 'scale':
      await handleScale(options, call);
      return;
    default: {
      if (request.method !== 'POST') throw methodNotAllowed();
      const given = parseObject(await readBody(request), mediaTypeOf(request));
      const body = await admitCreation(registry, target, given, context);
      if (subresource === 'binding') send(call, 201, await bindPod(registry, kind, namespace, name, body, context));
      else if (subresource === 'eviction')
        send(call, 201, await evictPod(registry, kind, namespace, name, body, query, context));
      else send(call, 201, requestToken(registry, kind, namespace, name, body, options.tokens));
    }
  }
}

async function handleScale(options: ResourceHandlerOptions, call: Call): Promise<void> {
  const { registry } = options;
  const { request, target, context } = call;
  const { kind, namespace, name, verb } = target;
  const own = kind.custom?.scale;
  const toOwnScale = (value: JsonObject) => (own ? toCustomScale(value, own) : toScale(value, selectorTextOf(value)));
  const scaleOf = async (object: StoredObject) => toOwnScale(await toServed(kind, object));
  if (verb === 'get') {
    send(call, 200, await scaleOf(registry.get(kind, namespace, name)));
    return;
  }
  if (verb === 'patch' && mediaTypeOf(request) === applyMediaType) {
    const apply = applyOf(call);
    const scale = parseObject(await readBody(request), applyMediaType);
    const change: UpdateRequest['change'] = (current) =>
      applyScale(kind, current, scale, apply, own?.replicasPath?.split('.').filter(Boolean));
    const owned = { ...context, isApply: true };
    const written = await registry.update({ ...updateOf(target, change), isRetried: hasNoVersion(scale) }, owned);
    send(call, 200, await scaleOf(written));
    return;
  }
  const patch =
    verb === 'patch'
      ? await readPatch(call)
      : verb === 'update'
        ? await readBody(request).then((body) => {
            const scale = parseObject(body, mediaTypeOf(request));
            return { change: () => scale, isRetried: hasNoVersion(scale) };
          })
        : undefined;
  if (!patch) throw methodNotAllowed();
  const change: UpdateRequest['change'] = (current) => {
    const scale = patch.change(toOwnScale(current));
    const replicas = numberAt(objectAt(scale, 'spec'), 'replicas') ?? 0;
    if (!Number.isInteger(replicas)) throw badRequest('spec.replicas must be a whole number');
    const version = objectAt(scale, 'metadata').resourceVersion;
    const metadata =
      version === undefined
        ? objectAt(current, 'metadata')
        : { ...objectAt(current, 'metadata'), resourceVersion: version };
    if (!own) return { ...current, metadata, spec: { ...objectAt(current, 'spec'), replicas } };
    const wanted = cloneJson({ ...current, metadata });
    own.setReplicas(wanted, replicas);
    return wanted;
  };
  const scaling = { ...context, through: 'scale' };
  const written = await registry.update({ ...updateOf(target, change), isRetried: patch.isRetried }, scaling);
  send(call, 200, await scaleOf(written));
}
