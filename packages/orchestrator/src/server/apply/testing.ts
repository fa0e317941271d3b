import { defineKind, type JsonObject, type KindDefinition, kindDefinitions, Schema } from '../../kinds/index.js';
import { ApiError } from '../api-error.js';
import { pathText } from './element.js';
import { pathsOf } from './field-set.js';
import { applyTo, type Change, trackChange } from './index.js';
import { ownersOf } from './owner.js';

/** Kinds for the tests of this folder. */
export function kindNamed(kind: string): KindDefinition {
  const found = kindDefinitions.find((each) => each.type.kind === kind);
  if (!found) throw new Error(`no kind ${kind}`);
  return found;
}

/** A custom resource of this schema, with a status of its own. */
export function customKind(raw: JsonObject): KindDefinition {
  return defineKind({
    type: { group: 'example.org', version: 'v1', plural: 'widgets', kind: 'Widget', namespaced: true },
    schema: 'org.example.v1.Widget',
    isStructural: true,
    customSchema: new Schema(raw, raw, undefined),
    subresources: [{ name: 'status', kind: 'Widget', verbs: ['get', 'patch', 'update'] }],
  });
}

export const time = (second: number) => `2026-01-01T00:00:${String(second).padStart(2, '0')}Z`;
export const kinds = {
  ConfigMap: kindNamed('ConfigMap'),
  Deployment: kindNamed('Deployment'),
  Service: kindNamed('Service'),
  Pod: kindNamed('Pod'),
  Widget: customKind({
    type: 'object',
    properties: {
      spec: {
        type: 'object',
        properties: {
          size: { type: 'integer' },
          tags: { type: 'array', 'x-kubernetes-list-type': 'set', items: { type: 'string' } },
          parts: {
            type: 'array',
            'x-kubernetes-list-type': 'map',
            'x-kubernetes-list-map-keys': ['name', 'zone'],
            items: {
              type: 'object',
              properties: {
                name: { type: 'string' },
                zone: { type: 'string', default: 'a' },
                count: { type: 'integer' },
              },
            },
          },
          steps: { type: 'array', items: { type: 'object', properties: { run: { type: 'string' } } } },
          box: {
            type: 'object',
            'x-kubernetes-map-type': 'atomic',
            properties: { width: { type: 'integer' }, height: { type: 'integer' } },
          },
          free: { type: 'object', 'x-kubernetes-preserve-unknown-fields': true },
          either: { 'x-kubernetes-int-or-string': true },
          limits: { type: 'object', additionalProperties: { type: 'integer' } },
          template: {
            type: 'object',
            'x-kubernetes-embedded-resource': true,
            'x-kubernetes-preserve-unknown-fields': true,
          },
        },
      },
      status: { type: 'object', properties: { ready: { type: 'boolean' } } },
    },
  }),
};
export type Kind = keyof typeof kinds;
const versions: Record<Kind, string> = {
  ConfigMap: 'v1',
  Deployment: 'apps/v1',
  Service: 'v1',
  Pod: 'v1',
  Widget: 'example.org/v1',
};

/** An object under test, written to in turns; it tells who owns what in a readable form. */
export class Live {
  object: JsonObject | undefined;
  #second = 0;

  constructor(readonly kind: Kind) {}

  #stated(content: JsonObject): JsonObject {
    const metadata = { name: 'x', ...(content.metadata as JsonObject | undefined) };
    return structuredClone({ apiVersion: versions[this.kind], kind: this.kind, ...content, metadata });
  }

  #stamp(manager: string, subresource: string) {
    this.#second++;
    return { manager, subresource, apiVersion: versions[this.kind], time: time(this.#second) };
  }

  apply(manager: string, content: JsonObject, { force = false, subresource = '' } = {}): this {
    const apply = { ...this.#stamp(manager, subresource), isForced: force };
    this.object = applyTo(kinds[this.kind], this.object, this.#stated(content), apply);
    return this;
  }

  /** A whole new object, as from `replace`; the metadata's identity and owners stay. */
  put(manager: string, content: JsonObject, subresource = ''): this {
    const draft = this.#stated(content);
    const before = this.object?.metadata as JsonObject | undefined;
    if (before?.managedFields)
      draft.metadata = { managedFields: before.managedFields, ...(draft.metadata as JsonObject) };
    const change: Change = { ...this.#stamp(manager, subresource), operation: 'Update' };
    trackChange(kinds[this.kind], this.object, draft, change);
    this.object = draft;
    return this;
  }

  get content(): JsonObject {
    const { apiVersion, kind, metadata, ...rest } = this.object ?? {};
    void apiVersion;
    void kind;
    void metadata;
    return rest;
  }

  get entries(): JsonObject[] {
    return ((this.object?.metadata as JsonObject | undefined)?.managedFields ?? []) as JsonObject[];
  }

  /** `manager operation subresource: paths`. */
  get owners(): string[] {
    return ownersOf(this.entries).map(({ manager, operation, subresource, fields }) => {
      const paths = pathsOf(fields).map(pathText).join(' ');
      return `${manager} ${operation}${subresource && ` ${subresource}`}: ${paths}`;
    });
  }
}

export function refusal(act: () => unknown): ApiError {
  try {
    act();
  } catch (error) {
    if (error instanceof ApiError) return error;
    throw error;
  }
  throw new Error('nothing was refused');
}
