import { randomUUID } from 'node:crypto';
import {
  apiVersionOf,
  isJsonObject,
  type Json,
  type JsonObject,
  type KindDefinition,
  objectAt,
  stringAt,
} from '../../kinds/index.js';
import { type AdmissionRequest, isOfOwnKind, kindWritten } from '../admission/admission.js';
import { ApiError } from '../api-error.js';
import { jsonPatch } from '../json-patch.js';
import type { Hook } from './hooks.js';

/** The object in the version that the hook is sent. */
export interface Sent {
  readonly group: string;
  readonly version: string;
  readonly kind: string;
  readonly plural: string;
  readonly object: JsonObject | undefined;
  readonly old: JsonObject | undefined;
  /** The kind it was converted to; absent when it is the request's own. */
  readonly by?: KindDefinition;
}

/** The body of the question; its `request.uid` must come back. */
export function reviewOf(hook: Hook, request: AdmissionRequest, sent: Sent): { uid: string; body: JsonObject } {
  const { kind, operation, subresource, namespace, name, context } = request;
  const { user } = context;
  const uid = randomUUID();
  const version = hook.reviewVersions.find((each) => each === 'v1' || each === 'v1beta1') ?? 'v1';
  const { type } = kind;
  const options = optionsOf(request);
  const body: JsonObject = {
    kind: 'AdmissionReview',
    apiVersion: `admission.k8s.io/${version}`,
    request: {
      uid,
      kind: kindWritten(request, sent),
      resource: { group: sent.group, version: sent.version, resource: sent.plural },
      ...(subresource !== '' && { subResource: subresource, requestSubResource: subresource }),
      requestKind: kindWritten(request, type),
      requestResource: { group: type.group, version: type.version, resource: type.plural },
      ...(name !== '' && { name }),
      ...(namespace !== '' && { namespace }),
      operation,
      userInfo: {
        username: user.name,
        ...(user.uid !== undefined && { uid: user.uid }),
        groups: [...user.groups],
        ...(user.extra && {
          extra: Object.fromEntries(Object.entries(user.extra).map(([key, values]) => [key, [...values]])),
        }),
      },
      object: sent.object ?? null,
      oldObject: sent.old ?? null,
      dryRun: context.isDryRun,
      ...(options && { options }),
    },
  };
  return { uid, body };
}

function optionsOf({ operation, context }: AdmissionRequest): JsonObject | undefined {
  if (operation === 'CONNECT') return undefined;
  const kind = operation === 'DELETE' ? 'DeleteOptions' : operation === 'UPDATE' ? 'UpdateOptions' : 'CreateOptions';
  return {
    kind,
    apiVersion: 'meta.k8s.io/v1',
    ...(context.isDryRun && { dryRun: ['All'] }),
    ...(kind !== 'DeleteOptions' && context.fieldManager !== '' && { fieldManager: context.fieldManager }),
    ...(kind !== 'DeleteOptions' && { fieldValidation: context.fieldValidation }),
  };
}

export interface Answer {
  readonly isAllowed: boolean;
  readonly status: JsonObject;
  readonly warnings: readonly string[];
  readonly auditAnnotations: JsonObject;
  readonly patch: Json | undefined;
}

/** Reads a hook's answer. Throws an Error that says what is wrong with it. */
export function readAnswer(body: Json, uid: string, asked: JsonObject): Answer {
  if (!isJsonObject(body)) throw new Error('the answer is no object');
  if (body.kind !== asked.kind || body.apiVersion !== asked.apiVersion)
    throw new Error(
      `expected webhook response of ${asked.apiVersion}, Kind=AdmissionReview, got ${String(body.apiVersion)}, Kind=${String(body.kind)}`,
    );
  if (!isJsonObject(body.response)) throw new Error('webhook response was absent');
  const { response } = body;
  if (response.uid !== uid)
    throw new Error(`expected response.uid=${JSON.stringify(uid)}, got ${JSON.stringify(response.uid ?? '')}`);
  const warnings = Array.isArray(response.warnings) ? response.warnings.map(String) : [];
  const encoded = stringAt(response, 'patch');
  if (encoded !== '' && response.patchType === undefined)
    throw new Error('webhook returned response.patch but not response.patchType');
  if (response.patchType !== undefined && response.patchType !== 'JSONPatch')
    throw new Error(`webhook returned invalid response.patchType of ${JSON.stringify(response.patchType)}`);
  if (response.patchType !== undefined && encoded === '')
    throw new Error('webhook returned response.patchType but not response.patch');
  const patch: Json | undefined =
    encoded === '' ? undefined : JSON.parse(Buffer.from(encoded, 'base64').toString('utf8'));
  const auditAnnotations = objectAt(response, 'auditAnnotations');
  return {
    isAllowed: response.allowed === true,
    status: objectAt(response, 'status'),
    warnings,
    auditAnnotations,
    patch,
  };
}

/** The object as the hook wants it. Throws an Error where the patch cannot be applied. */
export function patched(object: JsonObject, patch: Json): JsonObject {
  return jsonPatch(object, patch);
}

/** A hook's own refusal, with the code and the reason it chose. */
export class HookRefusal extends ApiError {
  readonly #status: JsonObject;

  constructor(hook: string, status: JsonObject) {
    const given = typeof status.code === 'number' && status.code >= 400 ? status.code : 403;
    const by = `admission webhook ${JSON.stringify(hook)} denied the request`;
    const why = stringAt(status, 'message') || stringAt(status, 'reason');
    super(given, 'Forbidden', why === '' ? `${by} without explanation` : `${by}: ${why}`);
    this.#status = status;
  }

  override toStatus(): JsonObject {
    const { reason, details } = this.#status;
    return {
      kind: 'Status',
      apiVersion: 'v1',
      metadata: {},
      status: 'Failure',
      message: this.message,
      ...(typeof reason === 'string' && reason !== '' && { reason }),
      ...(isJsonObject(details) && { details }),
      code: this.code,
    };
  }
}

/** What the hook is sent where it asks for the request's own version. */
export function sentAsIs(request: AdmissionRequest): Sent {
  const { object, old } = request;
  const { type } = request.kind;
  const { group, version, kind, plural } = type;
  if (isOfOwnKind(request)) return { group, version, kind, plural, object, old };
  const typed = (each: JsonObject | undefined) => each && { apiVersion: apiVersionOf(type), ...each, kind };
  return { group, version, kind, plural, object: typed(object), old: typed(old) };
}
