import { randomUUID } from 'node:crypto';
import {
  arrayAt,
  type ConversionHook,
  isJsonObject,
  type Json,
  type JsonObject,
  objectAt,
  stringAt,
  validateMetadata,
} from '../../kinds/index.js';
import { ApiError } from '../api-error.js';
import type { HookCaller } from '../webhooks/call.js';

const group = 'apiextensions.k8s.io';
const timeoutSeconds = 30;

/** The hook of a definition that has its versions converted by one; undefined for all others. */
export function conversionHook(
  definition: JsonObject,
  caller: HookCaller,
  seconds = timeoutSeconds,
): ConversionHook | undefined {
  const conversion = objectAt(objectAt(definition, 'spec'), 'conversion');
  if (stringAt(conversion, 'strategy') !== 'Webhook') return undefined;
  const webhook = objectAt(conversion, 'webhook');
  const config = objectAt(webhook, 'clientConfig');
  const known = arrayAt(webhook, 'conversionReviewVersions').find((each) => each === 'v1' || each === 'v1beta1');
  const apiVersion = `${group}/${String(known ?? 'v1')}`;
  return {
    convert: async (objects, desired) => {
      const [first] = objects;
      if (!first) return [];
      const uid = randomUUID();
      const request = { uid, desiredAPIVersion: desired, objects: [...objects] };
      const review = { apiVersion, kind: 'ConversionReview', request };
      try {
        const answer = await caller.call(config, review, seconds);
        const converted = readReview(answer, apiVersion, uid);
        if (converted.length !== objects.length)
          throw new HookMistake(`returned ${converted.length} objects, expected ${objects.length}`);
        return converted.map((each, index) => restored(objects[index] ?? {}, each, desired, index));
      } catch (error) {
        throw failure(first, error);
      }
    },
  };
}

/** The hook answered, but not what it was asked for. */
class HookMistake extends Error {}

function failure(object: JsonObject, error: unknown): ApiError {
  const type = `${String(object.apiVersion)}, Kind=${String(object.kind)}`;
  const why = error instanceof Error ? error.message : String(error);
  const verb = error instanceof HookMistake ? '' : 'failed: ';
  const message = `conversion webhook for ${type} ${verb}${why.replace(/^failed to call webhook: /, '')}`;
  return new ApiError(500, 'InternalError', message, undefined, { cause: error });
}

function readReview(answer: Json, apiVersion: string, uid: string): Json[] {
  if (!isJsonObject(answer)) throw new Error('the answer is not a ConversionReview');
  const got = `${String(answer.apiVersion)}, Kind=${String(answer.kind)}`;
  if (answer.apiVersion !== apiVersion || answer.kind !== 'ConversionReview')
    throw new Error(`expected webhook response of ${apiVersion}, Kind=ConversionReview, got ${got}`);
  const { response } = answer;
  if (!isJsonObject(response)) throw new Error('no response provided');
  if (response.uid !== uid)
    throw new Error(`expected response.uid=${JSON.stringify(uid)}, got ${JSON.stringify(response.uid ?? '')}`);
  const result = objectAt(response, 'result');
  if (result.status !== 'Success') {
    const message = stringAt(result, 'message');
    throw new Error(message || `response.result.status was '${stringAt(result, 'status')}', not 'Success'`);
  }
  return arrayAt(response, 'convertedObjects');
}

/** A hook changes what is in an object, not which object it is: of the metadata it decides labels and annotations only. */
function restored(original: JsonObject, answer: Json, desired: string, index: number): JsonObject {
  const at = `returned invalid converted object at index ${index}: `;
  if (!isJsonObject(answer)) throw new HookMistake(`${at}it is not an object`);
  if (answer.apiVersion !== desired)
    throw new HookMistake(
      `${at}invalid groupVersion (expected ${desired}, received ${String(answer.apiVersion ?? '')})`,
    );
  if (answer.kind !== original.kind)
    throw new HookMistake(
      `${at}invalid kind (expected ${String(original.kind)}, received ${String(answer.kind ?? '')})`,
    );
  const metadata = objectAt(original, 'metadata');
  if (!isJsonObject(answer.metadata)) throw new HookMistake(`${at}missing metadata in converted object`);
  for (const [field, text] of [
    ['name', 'name'],
    ['namespace', 'namespace'],
    ['uid', 'UID'],
  ] as const) {
    const [before, after] = [metadata[field] ?? '', answer.metadata[field] ?? ''];
    if (before !== after) throw new HookMistake(`${at}must have the same ${text}: ${before} != ${after}`);
  }
  const { labels: _labels, annotations: _annotations, ...kept } = metadata;
  const own: JsonObject = {};
  for (const field of ['labels', 'annotations']) {
    const value = answer.metadata[field];
    if (value === undefined || value === null) continue;
    if (!isJsonObject(value) || Object.values(value).some((each) => typeof each !== 'string'))
      throw new HookMistake(
        `returned invalid metadata in object at index ${index}: metadata.${field} is not a map of texts`,
      );
    own[field] = value;
  }
  const problems = validateMetadata({ metadata: { name: 'any', ...own } }, 'path');
  if (problems.length > 0) {
    const texts = problems.map(({ field, message }) => `${field}: ${message}`).join(', ');
    throw new HookMistake(`returned invalid metadata in object at index ${index}: ${texts}`);
  }
  return { ...answer, metadata: { ...kept, ...own } };
}
