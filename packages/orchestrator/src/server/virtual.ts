import type { IncomingMessage, ServerResponse } from 'node:http';
import {
  apiVersionOf,
  type JsonObject,
  type KindDefinition,
  type KubeObject,
  objectAt,
  stringAt,
} from '../kinds/index.js';
import { badRequest, methodNotAllowed } from './api-error.js';
import type { User } from './authentication.js';
import { mediaTypeOf, parseObject, readBody } from './body.js';
import type { KindSource } from './catalog.js';
import { sendJson } from './front/answer.js';
import { includeOf } from './presentation.js';
import type { ResourceRequest } from './request-info.js';
import { parseSelection } from './selection.js';
import { shapeOf, toPartial, toPartialList, toTable } from './table.js';

/** A resource that is computed when it is asked for and kept nowhere. `kind.verbs` says which of the functions there are. */
export interface VirtualResource {
  readonly kind: KindDefinition;
  /** Throws 404. */
  get?(namespace: string, name: string): JsonObject;
  /** Of all namespaces when it is empty; sorted. */
  list?(namespace: string): readonly JsonObject[];
  /** Answers what was sent. */
  create?(body: JsonObject, namespace: string, user: User): JsonObject | Promise<JsonObject>;
}

/** The virtual resources of a server: as a source of the catalog, they are found, authorised and told of as any other kind. */
export class VirtualResources implements KindSource {
  readonly #resources: ReadonlyMap<KindDefinition, VirtualResource>;

  constructor(resources: readonly VirtualResource[]) {
    this.#resources = new Map(resources.map((each) => [each.kind, each]));
  }

  version(): number {
    return 1;
  }

  kinds(): readonly KindDefinition[] {
    return [...this.#resources.keys()];
  }

  find(kind: KindDefinition): VirtualResource | undefined {
    return this.#resources.get(kind);
  }
}

interface VirtualCall {
  request: IncomingMessage;
  response: ServerResponse;
  query: URLSearchParams;
  target: ResourceRequest;
  user: User;
}

/** Answers a request that its user may make. Throws 405 for what the resource cannot do. */
export async function answerVirtual(resource: VirtualResource, call: VirtualCall): Promise<void> {
  const { request, response, user } = call;
  const { kind, verb, namespace, name } = call.target;
  switch (verb) {
    case 'create': {
      if (!resource.create || name !== '') throw methodNotAllowed();
      if (kind.type.namespaced && namespace === '') throw badRequest('the namespace must be named in the path');
      const body = parseObject(await readBody(request), mediaTypeOf(request));
      sendJson(response, 201, await resource.create(body, namespace, user));
      return;
    }
    case 'get':
      if (!resource.get) throw methodNotAllowed();
      sendJson(response, 200, shaped(call, resource.get(namespace, name)));
      return;
    case 'list': {
      if (!resource.list) throw methodNotAllowed();
      sendJson(response, 200, shapedList(call, resource.list(namespace)));
      return;
    }
    default:
      throw methodNotAllowed();
  }
}

function shaped({ request, query, target: { kind } }: VirtualCall, object: JsonObject): JsonObject {
  switch (shapeOf(request.headers.accept ?? '')) {
    case 'table':
      return toTable(kind, {}, [object], includeOf(query), Date.now());
    case 'metadata':
      return toPartial(object);
    case 'object':
      return object;
  }
}

function shapedList({ request, query, target }: VirtualCall, all: readonly JsonObject[]): JsonObject {
  const { kind, namespace } = target;
  const selection = parseSelection(kind, namespace, query);
  const objects = all.filter((value) => {
    const metadata = objectAt(value, 'metadata');
    const name = stringAt(metadata, 'name');
    if (selection.name !== undefined && selection.name !== name) return false;
    const labels = labelsOf(metadata);
    const kept = value as unknown as KubeObject;
    return (
      !selection.matches || selection.matches({ namespace: stringAt(metadata, 'namespace'), name, labels, value: kept })
    );
  });
  switch (shapeOf(request.headers.accept ?? '')) {
    case 'table':
      return toTable(kind, {}, objects, includeOf(query), Date.now());
    case 'metadata':
      return toPartialList({}, objects);
    case 'object':
      return { kind: `${kind.type.kind}List`, apiVersion: apiVersionOf(kind.type), metadata: {}, items: [...objects] };
  }
}

const labelsOf = (metadata: JsonObject): Record<string, string> =>
  Object.fromEntries(Object.entries(objectAt(metadata, 'labels')).map(([key, value]) => [key, String(value)]));
