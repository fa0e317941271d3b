import type { IncomingMessage } from 'node:http';
import { gunzipSync } from 'node:zlib';
import { parse, YAMLParseError } from 'yaml';
import { allDefinitions, isJsonObject, type Json, type JsonObject } from '../kinds/index.js';
import { ApiError, badRequest, unsupportedMediaType } from './api-error.js';
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
      } catch {
        reject(badRequest('the body cannot be decompressed'));
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

/** JSON, YAML or protobuf where the media type says so. */
export function parseBody(body: Buffer, mediaType: string): Json {
  if (mediaType === protobufMediaType) return decodeProtobuf(body, messageOf);
  const text = body.toString();
  if (mediaType.endsWith('yaml')) {
    try {
      return parse(text, { schema: 'core', maxAliasCount: 100 }) as Json;
    } catch (error) {
      if (error instanceof YAMLParseError || error instanceof ReferenceError)
        throw badRequest(`error converting YAML to JSON: ${error.message}`);
      throw error;
    }
  }
  if (
    mediaType !== 'application/json' &&
    !mediaType.endsWith('+json') &&
    mediaType !== 'text/plain' &&
    mediaType !== '*/*'
  )
    throw unsupportedMediaType('application/json, application/yaml');
  try {
    return JSON.parse(text) as Json;
  } catch (error) {
    throw badRequest(
      `the object provided is unrecognized (must be of type JSON or YAML): ${error instanceof Error ? error.message : ''}`,
    );
  }
}

export function parseObject(body: Buffer, mediaType: string): JsonObject {
  if (body.length === 0) throw badRequest('the object provided is empty; send an object as JSON or YAML');
  const value = parseBody(body, mediaType);
  if (!isJsonObject(value)) throw badRequest('the object provided is unrecognized: it must be a JSON or YAML object');
  return value;
}
