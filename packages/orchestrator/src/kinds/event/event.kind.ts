import { column, textColumn } from '../columns.js';
import { ageOf, type Column, defineKind } from '../definition.js';
import { isJsonObject, type JsonObject, numberAt, objectAt, stringAt } from '../json.js';
import { events, eventsV1 } from '../refs.js';
import { validateEvent, validateEventV1 } from './event.validation.js';

const involved = (object: JsonObject) => objectAt(object, 'involvedObject');
const firstSeen = (object: JsonObject): string => stringAt(object, 'firstTimestamp') || stringAt(object, 'eventTime');
const lastSeen = (object: JsonObject): string =>
  stringAt(objectAt(object, 'series'), 'lastObservedTime') || stringAt(object, 'lastTimestamp') || firstSeen(object);

function sourceText(object: JsonObject): string {
  const source = objectAt(object, 'source');
  const component = stringAt(source, 'component') || stringAt(object, 'reportingComponent');
  const instance = stringAt(source, 'host') || stringAt(object, 'reportingInstance');
  return instance === '' ? component : `${component}, ${instance}`;
}

function objectText(object: JsonObject): string {
  const kind = stringAt(involved(object), 'kind').toLowerCase();
  const name = stringAt(involved(object), 'name');
  return name === '' ? kind : `${kind}/${name}`;
}

const columns: readonly Column[] = [
  column('Last Seen', (object, now) => ageOf(lastSeen(object), now)),
  textColumn('Type', 'type'),
  textColumn('Reason', 'reason'),
  column('Object', objectText),
  textColumn('Subobject', 'involvedObject.fieldPath', '', { priority: 1 }),
  column('Source', sourceText, { priority: 1 }),
  column('Message', (object) => stringAt(object, 'message').trim()),
  column('First Seen', (object, now) => ageOf(firstSeen(object), now), { priority: 1 }),
  column('Count', (object) => numberAt(objectAt(object, 'series'), 'count') ?? (numberAt(object, 'count') || 1), {
    priority: 1,
  }),
  textColumn('Name', 'metadata.name', '', { priority: 1, format: 'name' }),
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
  nameRule: 'path',
  validate: (object) => validateEvent(object, 'reportingComponent'),
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

function toStored(object: JsonObject): JsonObject {
  const stored = rename(object, 'v1', renames);
  if (!isJsonObject(stored.source)) stored.source = {};
  return stored;
}

export const eventV1Kind = defineKind({
  type: eventsV1,
  schema: 'io.k8s.api.events.v1.Event',
  shortNames: ['ev'],
  nameRule: 'path',
  storedAs: {
    key: 'events',
    toStored,
    fromStored: (object) =>
      rename(
        object,
        'events.k8s.io/v1',
        renames.map(([ours, theirs]) => [theirs, ours] as const),
      ),
  },
  validate: (object, old) => validateEventV1(toStored(object), old && toStored(old)),
  columns: columns.map((each) => ({ ...each, cell: (object, now) => each.cell(storedOf(object), now) })),
  fields: {
    ...Object.fromEntries(
      Object.entries(fields).map(([key, read]) => [key, (object: JsonObject) => read(storedOf(object))]),
    ),
    ...Object.fromEntries(
      involvedFields.map((key) => [
        `regarding.${key}`,
        (object: JsonObject) => stringAt(involved(storedOf(object)), key),
      ]),
    ),
    reportingController: (object: JsonObject) => stringAt(storedOf(object), 'reportingComponent'),
  },
});

/** An event by the names it is stored with, whichever it has. */
function storedOf(object: JsonObject): JsonObject {
  return object.regarding !== undefined || object.note !== undefined ? toStored(object) : object;
}
