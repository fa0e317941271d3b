import { readFileSync } from 'node:fs';
import { isJsonObject, type Json, type JsonObject } from '../kinds/index.js';
import { badRequest } from './api-error.js';
import { isTooDeep } from './json-text.js';

/** Name, how often it comes, and its type: a letter for a scalar, else a message's name. */
type Field = readonly [name: string, kind: 'value' | 'pointer' | 'list' | 'map' | 'inline', type: string];
type Messages = Readonly<Record<string, Readonly<Record<string, Field>>>>;

const magic = Buffer.from([0x6b, 0x38, 0x73, 0x00]);
const unknownMessage = 'io.k8s.apimachinery.pkg.runtime.Unknown';
const metaGroup = 'io.k8s.apimachinery.pkg.apis.meta.v1.';
let messages: Messages | undefined;

export const protobufMediaType = 'application/vnd.kubernetes.protobuf';

/**
 * Reads an object in the API's protobuf form, which typed clients send, into the JSON one. `messageOf` finds the message of
 * an object's `apiVersion` and `kind`. Throws 400.
 */
export function decodeProtobuf(
  body: Buffer,
  messageOf: (apiVersion: string, kind: string) => string | undefined,
): JsonObject {
  if (!body.subarray(0, 4).equals(magic))
    throw badRequest('the body is not protobuf of Kubernetes: it lacks the prefix');
  try {
    const envelope = readMessage(body.subarray(4), unknownMessage);
    const type = isJsonObject(envelope.typeMeta) ? envelope.typeMeta : {};
    const apiVersion = String(type.apiVersion ?? '');
    const kind = String(type.kind ?? '');
    const message = messageOf(apiVersion, kind);
    if (!message)
      throw badRequest(`no kind ${JSON.stringify(kind)} is registered for version ${JSON.stringify(apiVersion)}`);
    const object = readMessage(Buffer.from(String(envelope.raw ?? ''), 'base64'), message);
    if (isTooDeep(object)) throw new RangeError('it is nested too deep');
    return { ...object, apiVersion, kind };
  } catch (error) {
    if (error instanceof RangeError || error instanceof SyntaxError)
      throw badRequest(`the protobuf body is malformed: ${error.message}`);
    throw error;
  }
}

function fieldsOf(message: string): Readonly<Record<string, Field>> {
  messages ??= JSON.parse(readFileSync(new URL('../../data/protobuf.json', import.meta.url), 'utf8')) as Messages;
  return messages[message] ?? {};
}

class Reader {
  #at = 0;
  constructor(readonly bytes: Buffer) {}

  get isAtEnd(): boolean {
    return this.#at >= this.bytes.length;
  }

  varint(): bigint {
    let value = 0n;
    for (let shift = 0n; ; shift += 7n) {
      const byte = this.bytes.readUInt8(this.#at++);
      value |= BigInt(byte & 0x7f) << shift;
      if (byte < 0x80) return BigInt.asIntN(64, value);
      if (shift > 63n) throw new RangeError('a varint is too long');
    }
  }

  take(length: number): Buffer {
    if (length < 0 || this.#at + length > this.bytes.length) throw new RangeError('cut off');
    this.#at += length;
    return this.bytes.subarray(this.#at - length, this.#at);
  }

  /** The value of a field by its wire type: a number, or bytes. */
  value(wire: number): bigint | Buffer {
    switch (wire) {
      case 0:
        return this.varint();
      case 1:
        return this.take(8);
      case 2:
        return this.take(Number(this.varint()));
      case 5:
        return this.take(4);
      default:
        throw new RangeError('a wire type that is not used');
    }
  }
}

function readMessage(bytes: Buffer, message: string): JsonObject {
  const reader = new Reader(bytes);
  const fields = fieldsOf(message);
  const out: JsonObject = {};
  while (!reader.isAtEnd) {
    const tag = Number(reader.varint());
    const raw = reader.value(tag & 7);
    const field = fields[String(tag >>> 3)];
    if (!field) continue;
    const [name, kind, type] = field;
    if (kind === 'map') {
      const [key, value] = readEntry(raw, type);
      const map = isJsonObject(out[name]) ? out[name] : {};
      out[name] = map;
      // A key may be `__proto__`.
      Object.defineProperty(map, key, {
        value: value ?? zeroOf(type),
        enumerable: true,
        configurable: true,
        writable: true,
      });
      continue;
    }
    const value = readValue(raw, type);
    if (kind === 'list') {
      const list = Array.isArray(out[name]) ? out[name] : [];
      out[name] = list;
      list.push(value ?? zeroOf(type));
    }
    // What Go embeds has a field of its own here and none in JSON.
    else if (kind === 'inline' && isJsonObject(value)) Object.assign(out, value);
    // A Go value that is not a pointer is always written; JSON leaves its zero out.
    else if (value !== undefined && (kind === 'pointer' || !isZero(value))) out[name] = value;
  }
  return out;
}

function isZero(value: Json): boolean {
  return value === '' || value === 0 || value === false;
}

const zeroOf = (type: string): Json =>
  type === 's' || type === 'y' ? '' : type === 'b' ? false : type === 'i' ? 0 : {};

function readEntry(raw: bigint | Buffer, type: string): [string, Json | undefined] {
  const reader = new Reader(bytesOf(raw));
  let key = '';
  let value: Json | undefined;
  while (!reader.isAtEnd) {
    const tag = Number(reader.varint());
    const part = reader.value(tag & 7);
    if (tag >>> 3 === 1) key = bytesOf(part).toString();
    else value = readValue(part, type);
  }
  return [key, value];
}

function bytesOf(raw: bigint | Buffer): Buffer {
  if (Buffer.isBuffer(raw)) return raw;
  throw new RangeError('a number where bytes should be');
}

function numberOf(raw: bigint | Buffer): bigint {
  if (typeof raw === 'bigint') return raw;
  throw new RangeError('bytes where a number should be');
}

function readValue(raw: bigint | Buffer, type: string): Json | undefined {
  switch (type) {
    case 's':
      return bytesOf(raw).toString();
    case 'y':
      return bytesOf(raw).toString('base64');
    case 'i':
      return Number(numberOf(raw));
    case 'b':
      return numberOf(raw) !== 0n;
    case 'd':
      return bytesOf(raw).readDoubleLE(0);
    case `${metaGroup}Time`:
    case `${metaGroup}MicroTime`: {
      const { seconds, nanos } = readMessage(bytesOf(raw), type);
      if (seconds === undefined) return undefined;
      const time = new Date(Number(seconds) * 1000 + Math.floor(Number(nanos ?? 0) / 1e6)).toISOString();
      return type.endsWith('MicroTime') ? time.replace('Z', '000Z') : time.replace(/\.\d+Z$/, 'Z');
    }
    case 'io.k8s.apimachinery.pkg.api.resource.Quantity':
      return readMessage(bytesOf(raw), type).string ?? '0';
    case 'io.k8s.apimachinery.pkg.util.intstr.IntOrString': {
      const value = readMessage(bytesOf(raw), type);
      return value.type === 1 ? (value.strVal ?? '') : (value.intVal ?? 0);
    }
    case `${metaGroup}FieldsV1`: {
      const fields = readMessage(bytesOf(raw), type).Raw;
      return typeof fields === 'string' ? (JSON.parse(Buffer.from(fields, 'base64').toString()) as Json) : {};
    }
    default:
      return unwrap(readMessage(bytesOf(raw), type), type);
  }
}

/** Named lists of texts are messages with nothing but `items`. */
function unwrap(value: JsonObject, type: string): Json {
  const fields = Object.values(fieldsOf(type));
  const isNamedList =
    fields.length === 1 && fields[0]?.[0] === 'items' && fields[0][1] === 'list' && fields[0][2] === 's';
  return isNamedList ? (value.items ?? []) : value;
}
