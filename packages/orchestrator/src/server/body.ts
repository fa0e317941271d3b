import type { IncomingMessage } from 'node:http';
import { gunzipSync } from 'node:zlib';
import { isScalar, LineCounter, parse, YAMLParseError } from 'yaml';
import { allDefinitions, isJsonObject, type Json, type JsonObject } from '../kinds/index.js';
import { ApiError, badRequest, unsupportedMediaType } from './api-error.js';
import { countKeys, depthLimit, duplicateFields, isTooDeep, measureJson } from './json-text.js';
import { decodeProtobuf, protobufMediaType } from './protobuf.js';

const limitBytes = 3 * 1024 * 1024;

export function tooLarge(): ApiError {
  return new ApiError(413, 'RequestEntityTooLarge', `Request entity too large: limit is ${limitBytes}`);
}

export function readBody(request: IncomingMessage): Promise<Buffer> {
  if (Number(request.headers['content-length'] ?? 0) > limitBytes) return Promise.reject(tooLarge());
  return new Promise((resolve, reject) => {
    const chunks: Buffer[] = [];
    let size = 0;
    request.on('data', (chunk: Buffer) => {
      size += chunk.length;
      if (size > limitBytes) {
        request.removeAllListeners('data');
        request.resume();
        reject(tooLarge());
      } else chunks.push(chunk);
    });
    request.on('end', () => {
      try {
        const body = chunks.length === 1 ? chunks[0]! : Buffer.concat(chunks);
        resolve(
          request.headers['content-encoding'] === 'gzip' ? gunzipSync(body, { maxOutputLength: limitBytes }) : body,
        );
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

const tooDeep = () =>
  badRequest(`the object provided is unrecognized: it is nested more than ${depthLimit} levels deep`);

/** JSON, YAML or protobuf where the media type says so. */
export function parseBody(body: Buffer, mediaType: string, onDuplicate?: OnDuplicate): Json {
  if (mediaType === protobufMediaType) return decodeProtobuf(body, messageOf);
  if (mediaType.endsWith('yaml')) return parseYaml(body.toString(), onDuplicate);
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

function parseYaml(text: string, onDuplicate: OnDuplicate | undefined): Json {
  const lines = new LineCounter();
  try {
    const value: unknown = parse(text, {
      schema: 'core',
      maxAliasCount: 100,
      lineCounter: lines,
      logLevel: 'error',
      uniqueKeys: (a, b) => {
        if (a !== b && !(isScalar(a) && isScalar(b) && a.value === b.value)) return false;
        const { line } = lines.linePos(b.range?.[0] ?? 0);
        const key = JSON.stringify(isScalar(b) ? b.value : '');
        onDuplicate?.(`yaml: unmarshal errors: line ${line}: key ${key} already set in map`);
        return false;
      },
    });
    if (isTooDeep(value)) throw tooDeep();
    return value as Json;
  } catch (error) {
    // The reader calls itself for each level.
    if (error instanceof RangeError) throw tooDeep();
    if (error instanceof YAMLParseError || error instanceof ReferenceError)
      throw badRequest(`error converting YAML to JSON: ${error.message}`);
    throw error;
  }
}

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
