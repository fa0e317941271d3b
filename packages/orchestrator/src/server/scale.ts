import { type JsonObject, objectAt, objectsAt } from '../kinds/index.js';

/** The selector of a scalable object, in the form of a query. */
export function selectorTextOf(object: JsonObject): string {
  const selector = objectAt(objectAt(object, 'spec'), 'selector');
  const equal = Object.entries(objectAt(selector, 'matchLabels')).map(([key, value]) => `${key}=${String(value)}`);
  const sets = objectsAt(selector, 'matchExpressions').map((each) => {
    const values = Array.isArray(each.values) ? each.values.join(',') : '';
    switch (each.operator) {
      case 'Exists':
        return String(each.key);
      case 'DoesNotExist':
        return `!${String(each.key)}`;
      default:
        return `${String(each.key)} ${String(each.operator).toLowerCase()} (${values})`;
    }
  });
  return [...equal, ...sets].join(',');
}
