import { ageOf, type Column, durationText } from './definition.js';
import { isJsonObject, type Json, type JsonObject, objectAt, objectsAt, stringAt } from './json.js';

export type Cell = Column['cell'];
type Options = Pick<Partial<Column>, 'type' | 'format' | 'priority'>;

export const specOf = (object: JsonObject): JsonObject => objectAt(object, 'spec');
export const statusOf = (object: JsonObject): JsonObject => objectAt(object, 'status');
export const metadataOf = (object: JsonObject): JsonObject => objectAt(object, 'metadata');

export function column(name: string, cell: Cell, options: Options = {}): Column {
  return { name, type: 'string', cell, ...options };
}

/** The value at a path of fields (`spec.selector`), undefined where any part of it is absent. */
export function valueAt(object: JsonObject | undefined, path: readonly string[]): Json | undefined {
  let value: Json | undefined = object;
  for (const key of path) value = isJsonObject(value) ? value[key] : undefined;
  return value;
}

export function textColumn(name: string, path: string, fallback = '', options: Options = {}): Column {
  const keys = path.split('.');
  return column(
    name,
    (object) => {
      const value = valueAt(object, keys);
      return value === undefined || value === null ? fallback : String(value);
    },
    options,
  );
}

export function numberColumn(name: string, path: string, options: Options = {}): Column {
  const keys = path.split('.');
  const cell: Cell = (object) => {
    const value = valueAt(object, keys);
    return typeof value === 'number' ? value : 0;
  };
  return column(name, cell, { type: 'integer', ...options });
}

export function booleanColumn(name: string, path: string, fallback = false): Column {
  const keys = path.split('.');
  const cell: Cell = (object) => {
    const value = valueAt(object, keys);
    return typeof value === 'boolean' ? value : fallback;
  };
  return column(name, cell, { type: 'boolean' });
}

export function countColumn(name: string, path: string): Column {
  const keys = path.split('.');
  const cell: Cell = (object) => {
    const value = valueAt(object, keys);
    return Array.isArray(value) ? value.length : isJsonObject(value) ? Object.keys(value).length : 0;
  };
  return column(name, cell, { type: 'integer' });
}

/** A field selector that reads the text at a path; `fallback` stands for an absent value. */
export function textField(path: string, fallback = ''): (object: JsonObject) => string {
  const keys = path.split('.');
  return (object) => {
    const value = valueAt(object, keys);
    return value === undefined || value === null ? fallback : String(value);
  };
}

/** `a=b,c=d`, sorted. */
export function labelsText(labels: JsonObject): string {
  const pairs = Object.entries(labels).map(([key, value]) => `${key}=${String(value)}`);
  return pairs.sort().join(',') || '<none>';
}

/** `a=b,c in (d,e),!f`: a LabelSelector as upstream prints it. */
export function selectorText(selector: JsonObject): string {
  const terms = Object.entries(objectAt(selector, 'matchLabels')).map(([key, value]): [string, string] => [
    key,
    `${key}=${String(value)}`,
  ]);
  for (const each of objectsAt(selector, 'matchExpressions')) {
    const key = String(each.key);
    const values = Array.isArray(each.values) ? each.values.map(String).sort().join(',') : '';
    terms.push([key, expressionText(key, stringAt(each, 'operator'), values)]);
  }
  terms.sort(([a], [b]) => (a < b ? -1 : a > b ? 1 : 0));
  return terms.map(([, text]) => text).join(',') || '<none>';
}

function expressionText(key: string, operator: string, values: string): string {
  switch (operator) {
    case 'Exists':
      return key;
    case 'DoesNotExist':
      return `!${key}`;
    case 'NotIn':
      return `${key} notin (${values})`;
    default:
      return `${key} in (${values})`;
  }
}

const containersAt = (path: readonly string[]) => (object: JsonObject) => {
  const found = valueAt(object, path);
  return Array.isArray(found) ? found.filter(isJsonObject) : [];
};

/** The names and images of the containers that a path leads to, for `-o wide` unless `priority` is 0. */
export function containerColumns(path: string, priority = 1): Column[] {
  const containers = containersAt(path.split('.'));
  const list = (key: string): Cell => {
    return (object) =>
      containers(object)
        .map((each) => stringAt(each, key))
        .join(',');
  };
  return [column('Containers', list('name'), { priority }), column('Images', list('image'), { priority })];
}

export const wideSelector = (path: string): Column => {
  const keys = path.split('.');
  const cell: Cell = (object) => {
    const value = valueAt(object, keys);
    return isJsonObject(value) ? selectorText(value) : '<none>';
  };
  return column('Selector', cell, { priority: 1 });
};

/** The wide columns of whatever holds a pod template. */
export const templateColumns: readonly Column[] = [
  ...containerColumns('spec.template.spec.containers'),
  wideSelector('spec.selector'),
];

/** `+ 2 more...` after the first `max`. */
export function someOf(values: readonly string[], empty: string, max = 3): string {
  if (values.length === 0) return empty;
  const text = values.slice(0, max).join(',');
  return values.length > max ? `${text} + ${values.length - max} more...` : text;
}

/** How long ago a time at a path was, `fallback` where there is none. */
export function sinceColumn(name: string, path: string, fallback: string): Column {
  const keys = path.split('.');
  return column(name, (object, now) => {
    const value = valueAt(object, keys);
    return typeof value === 'string' ? ageOf(value, now) : fallback;
  });
}

/** The time from one instant to another, as kubectl writes durations. */
export function spanText(from: string, to: number): string {
  return durationText(Math.floor((to - Date.parse(from)) / 1000));
}

/** `(default)` after the name of the class that is used where none is named. */
export function defaultMark(object: JsonObject, annotations: readonly string[]): string {
  const have = objectAt(metadataOf(object), 'annotations');
  const isDefault = annotations.some((each) => have[each] === 'true');
  return `${stringAt(metadataOf(object), 'name')}${isDefault ? ' (default)' : ''}`;
}

export function accessModesText(modes: readonly Json[]): string {
  const names: Readonly<Record<string, string>> = {
    ReadWriteOnce: 'RWO',
    ReadOnlyMany: 'ROX',
    ReadWriteMany: 'RWX',
    ReadWriteOncePod: 'RWOP',
  };
  return Object.keys(names)
    .filter((each) => modes.includes(each))
    .map((each) => names[each])
    .join(',');
}
