import { type Column, type JsonObject, type KindDefinition, objectAt } from '../kinds/index.js';

/** The form in which objects leave: as they are, as rows for printing, or their metadata only. */
export type Shape = 'object' | 'table' | 'metadata';

export type IncludeObject = 'Metadata' | 'Object' | 'None';

export function shapeOf(accept: string): Shape {
  for (const offer of accept.split(',')) {
    if (
      offer.includes('as=Table') &&
      offer.includes('g=meta.k8s.io') &&
      offer.includes('v=v1') &&
      offer.includes('json')
    )
      return 'table';
    if (/as=PartialObjectMetadata(List)?/.test(offer) && offer.includes('json')) return 'metadata';
    if (/^\s*(application\/json|application\/\*|\*\/\*|application\/yaml)\s*(;|$)/.test(offer)) return 'object';
  }
  return 'object';
}

export function toPartial(object: JsonObject): JsonObject {
  return { kind: 'PartialObjectMetadata', apiVersion: 'meta.k8s.io/v1', metadata: objectAt(object, 'metadata') };
}

export function toPartialList(metadata: JsonObject, objects: readonly JsonObject[]): JsonObject {
  return { kind: 'PartialObjectMetadataList', apiVersion: 'meta.k8s.io/v1', metadata, items: objects.map(toPartial) };
}

const columnDefinition = ({ name, type, format = '', description = '', priority = 0 }: Column): JsonObject => ({
  name,
  type,
  format,
  description,
  priority,
});

export function toTable(
  kind: KindDefinition,
  metadata: JsonObject,
  objects: readonly JsonObject[],
  include: IncludeObject,
  now: number,
): JsonObject {
  return {
    kind: 'Table',
    apiVersion: 'meta.k8s.io/v1',
    metadata,
    columnDefinitions: kind.columns.map(columnDefinition),
    rows: objects.map((object) => ({
      cells: kind.columns.map((column) => column.cell(object, now)),
      ...(include === 'Object' && { object }),
      ...(include === 'Metadata' && { object: toPartial(object) }),
    })),
  };
}
