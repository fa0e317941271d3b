import type { IncomingMessage } from 'node:http';
import { gunzipSync } from 'node:zlib';
import { allDefinitions, isJsonObject, type Json, type JsonObject } from '../kinds/index.js';
import { ApiError, badRequest, unsupportedMediaType } from './api-error.js';
import { countKeys, depthLimit, duplicateFields, measureJson } from './json-text.js';
import { decodeProtobuf, protobufMediaType } from './protobuf.js';
import { readYaml, tooDeep } from './yaml-reader.js';

const limitBytes = 3 * 1024 * 1024;
const bodyMilliseconds = 60_000;

export function tooLarge(): ApiError {
  return new ApiError(413, 'RequestEntityTooLarge', `Request entity too large: limit is ${limitBytes}`);
}

const observers = new WeakMap<IncomingMessage, (body: Buffer) => void>();

/** Is told of the body of a request once it has been read. */
export function observeBody(request: IncomingMessage, observer: (body: Buffer) => void): void {
  observers.set(request, observer);
}

/** The whole body, unpacked. Throws 400, 413, and 504 when it does not come in time: a slow sender must not stay for ever. */
export function readBody(request: IncomingMessage, withinMilliseconds = bodyMilliseconds): Promise<Buffer> {
  if (Number(request.headers['content-length'] ?? 0) > limitBytes) return Promise.reject(tooLarge());
  return new Promise((resolve, reject) => {
    const chunks: Buffer[] = [];
    let size = 0;
    const timer = setTimeout(() => {
      request.removeAllListeners('data');
      reject(new ApiError(504, 'Timeout', 'the body of the request did not come within the allotted timeout'));
    }, withinMilliseconds);
    request.once('close', () => clearTimeout(timer));
    request.on('data', (chunk: Buffer) => {
      size += chunk.length;
      if (size > limitBytes) {
        request.removeAllListeners('data');
        request.resume();
        reject(tooLarge());
      } else chunks.push(chunk);
    });
    request.on('end', () => {
      clearTimeout(timer);
      try {
        const body = chunks.length === 1 ? chunks[0]! : Buffer.concat(chunks);
        const isPacked = request.headers['content-encoding'] === 'gzip';
        const plain = isPacked ? gunzipSync(body, { maxOutputLength: limitBytes }) : body;
        observers.get(request)?.(plain);
        resolve(plain);
      } catch (error) {
        const isLarge = error instanceof Error && 'code' in error && error.code === 'ERR_BUFFER_TOO_LARGE';
        reject(isLarge ? tooLarge() : badRequest('the body cannot be decompressed'));
      }
    });
    request.on('error', reject);
    request.on('aborted', () => reject(badRequest('the request was aborted')));
  });
}

export function mediaTypeOf(request: IncomingMessage): string {
  return (request.headers['content-type'] ?? 'application/json').split(';')[0]?.trim().toLowerCase() ?? '';
}

let definitionNames: ReadonlyMap<string, string> | undefined;

/** The schema of an `apiVersion` and a `kind`; its name is the message's too. */
function messageOf(apiVersion: string, kind: string): string | undefined {
  definitionNames ??= new Map(
    Object.entries(allDefinitions()).flatMap(([name, schema]) => {
      const types = isJsonObject(schema) ? schema['x-kubernetes-group-version-kind'] : undefined;
      return (Array.isArray(types) ? types : []).filter(isJsonObject).map((each) => {
        const version = each.group === '' ? String(each.version) : `${String(each.group)}/${String(each.version)}`;
        return [`${version} ${String(each.kind)}`, name] as const;
      });
    }),
  );
  return definitionNames.get(`${apiVersion} ${kind}`);
}

/** Told of each key that a body gives twice: `duplicate field "spec.x"`. */
export type OnDuplicate = (problem: string) => void;

/** JSON, YAML or protobuf where the media type says so. */
export function parseBody(body: Buffer, mediaType: string, onDuplicate?: OnDuplicate): Json {
  const value = decodeBody(body, mediaType, onDuplicate);
  if (mayHavePrototypes(body)) refusePrototypes(value);
  return value;
}

function decodeBody(body: Buffer, mediaType: string, onDuplicate?: OnDuplicate): Json {
  if (mediaType === protobufMediaType) return decodeProtobuf(body, messageOf);
  if (mediaType.endsWith('yaml')) return readYaml(body.toString(), onDuplicate);
  if (
    mediaType !== 'application/json' &&
    !mediaType.endsWith('+json') &&
    mediaType !== 'text/plain' &&
    mediaType !== '*/*'
  )
    throw unsupportedMediaType('application/json, application/yaml');
  const { keys, depth } = measureJson(body);
  if (depth > depthLimit) throw tooDeep();
  const text = body.toString();
  try {
    const value = JSON.parse(text) as Json;
    if (onDuplicate && countKeys(value) !== keys)
      for (const field of duplicateFields(text)) onDuplicate(`duplicate field ${JSON.stringify(field)}`);
    return value;
  } catch (error) {
    if (!(error instanceof SyntaxError)) throw error;
    throw badRequest(`the object provided is unrecognized (must be of type JSON or YAML): ${error.message}`);
  }
}

/**
 * Object.prototype's own door: a key of that name would be lost on the way, or worse, be inherited from. No object of the API
 * needs it.
 */
function refusePrototypes(value: Json): void {
  if (typeof value !== 'object' || value === null) return;
  if (Object.hasOwn(value, '__proto__'))
    throw badRequest('the object provided is unrecognized: the key "__proto__" is not taken');
  for (const each of Object.values(value)) if (each !== undefined) refusePrototypes(each);
}

/** As it is, or with an underscore that is written as an escape. */
const prototypeSigns = ['__proto__', '\\u005', '\\x5', '\\U'];
const mayHavePrototypes = (text: Buffer) => prototypeSigns.some((each) => text.includes(each));

export function parseObject(body: Buffer, mediaType: string, onDuplicate?: OnDuplicate): JsonObject {
  if (body.length === 0) throw badRequest('the object provided is empty; send an object as JSON or YAML');
  const value = parseBody(body, mediaType, onDuplicate);
  if (!isJsonObject(value)) throw badRequest('the object provided is unrecognized: it must be a JSON or YAML object');
  return value;
}

/** What fieldValidation asks to do about keys that come twice: refuse, warn or nothing. Throws 400. */
export function duplicateRule(
  kind: { kind: string; version: string },
  context: { fieldValidation: 'Strict' | 'Warn' | 'Ignore'; warnings: string[] },
): OnDuplicate | undefined {
  if (context.fieldValidation === 'Ignore') return undefined;
  return (problem) => {
    if (context.fieldValidation === 'Strict')
      throw badRequest(
        `${kind.kind} in version ${JSON.stringify(kind.version)} cannot be handled as a ${kind.kind}: strict decoding error: ${problem}`,
      );
    if (!context.warnings.includes(problem)) context.warnings.push(problem);
  };
}
