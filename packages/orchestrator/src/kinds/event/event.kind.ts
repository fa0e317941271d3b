import { ageOf, type Column, defineKind } from '../definition.js';
import { isJsonObject, type JsonObject, numberAt, objectAt, stringAt } from '../json.js';
import { events, eventsV1 } from '../refs.js';

const involved = (object: JsonObject) => objectAt(object, 'involvedObject');
const lastSeen = (object: JsonObject): string =>
  stringAt(objectAt(object, 'series'), 'lastObservedTime') ||
  stringAt(object, 'lastTimestamp') ||
  stringAt(object, 'eventTime') ||
  stringAt(objectAt(object, 'metadata'), 'creationTimestamp');

const columns: Column[] = [
  { name: 'Last Seen', type: 'string', cell: (object, now) => ageOf(lastSeen(object), now) },
  { name: 'Type', type: 'string', cell: (object) => stringAt(object, 'type') },
  { name: 'Reason', type: 'string', cell: (object) => stringAt(object, 'reason') },
  {
    name: 'Object',
    type: 'string',
    cell: (object) => `${stringAt(involved(object), 'kind').toLowerCase()}/${stringAt(involved(object), 'name')}`,
  },
  { name: 'Subobject', type: 'string', priority: 1, cell: (object) => stringAt(involved(object), 'fieldPath') },
  {
    name: 'Source',
    type: 'string',
    priority: 1,
    cell: (object) => stringAt(objectAt(object, 'source'), 'component') || stringAt(object, 'reportingComponent'),
  },
  { name: 'Message', type: 'string', cell: (object) => stringAt(object, 'message').trim() },
  {
    name: 'First Seen',
    type: 'string',
    priority: 1,
    cell: (object, now) => ageOf(stringAt(object, 'firstTimestamp') || stringAt(object, 'eventTime'), now),
  },
  { name: 'Count', type: 'string', priority: 1, cell: (object) => String(numberAt(object, 'count') ?? 1) },
  {
    name: 'Name',
    type: 'string',
    format: 'name',
    priority: 1,
    cell: (object) => stringAt(objectAt(object, 'metadata'), 'name'),
  },
];

const involvedFields = ['kind', 'namespace', 'name', 'uid', 'apiVersion', 'resourceVersion', 'fieldPath'];
const fields = {
  ...Object.fromEntries(
    involvedFields.map((key) => [`involvedObject.${key}`, (object: JsonObject) => stringAt(involved(object), key)]),
  ),
  reason: (object: JsonObject) => stringAt(object, 'reason'),
  type: (object: JsonObject) => stringAt(object, 'type'),
  reportingComponent: (object: JsonObject) => stringAt(object, 'reportingComponent'),
  source: (object: JsonObject) =>
    stringAt(objectAt(object, 'source'), 'component') || stringAt(object, 'reportingComponent'),
};

export const eventKind = defineKind({
  type: events,
  schema: 'io.k8s.api.core.v1.Event',
  shortNames: ['ev'],
  columns,
  fields,
});

/** Names of the same facts in events.k8s.io/v1 and in the core group, as both are one stored object. */
const renames: readonly (readonly [string, string])[] = [
  ['note', 'message'],
  ['regarding', 'involvedObject'],
  ['reportingController', 'reportingComponent'],
  ['deprecatedCount', 'count'],
  ['deprecatedFirstTimestamp', 'firstTimestamp'],
  ['deprecatedLastTimestamp', 'lastTimestamp'],
  ['deprecatedSource', 'source'],
];

function rename(object: JsonObject, apiVersion: string, pairs: readonly (readonly [string, string])[]): JsonObject {
  const names = new Map(pairs);
  const renamed = Object.entries(object).map(([key, value]) => [names.get(key) ?? key, value]);
  return { ...Object.fromEntries(renamed), apiVersion };
}

export const eventV1Kind = defineKind({
  type: eventsV1,
  schema: 'io.k8s.api.events.v1.Event',
  shortNames: ['ev'],
  storedAs: {
    key: 'events',
    toStored: (object) => {
      const stored = rename(object, 'v1', renames);
      if (!isJsonObject(stored.source)) stored.source = {};
      return stored;
    },
    fromStored: (object) =>
      rename(
        object,
        'events.k8s.io/v1',
        renames.map(([ours, theirs]) => [theirs, ours] as const),
      ),
  },
  columns,
  fields,
});
