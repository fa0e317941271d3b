import { isJsonObject, type Json } from '../../kinds/index.js';
import type { SchemaNode } from './schema-node.js';

const always = ['apiVersion', 'kind', 'metadata'];

/** Drops in place what the schema does not know and names it in `unknown`; `isRoot`: the value is a resource. */
export function prune(node: SchemaNode, value: Json, path: string, isRoot: boolean, unknown: string[]): void {
  if (Array.isArray(value)) {
    const { items } = node;
    if (items)
      value.forEach((each, index) => {
        prune(items, each, `${path}[${index}]`, items.isEmbedded, unknown);
      });
    return;
  }
  if (!isJsonObject(value)) return;
  for (const key of Object.keys(value)) {
    const child = value[key];
    const at = path ? `${path}.${key}` : key;
    if (child === undefined || (isRoot && always.includes(key))) continue;
    const known = node.properties.get(key) ?? node.values;
    if (known) prune(known, child, at, known.isEmbedded, unknown);
    else if (!node.preservesUnknown && !node.allowsAny && isDescribed(node)) {
      delete value[key];
      unknown.push(at);
    }
  }
}

/** Of a value that may be anything nothing can be unknown. */
function isDescribed(node: SchemaNode): boolean {
  return node.type === 'object' || node.properties.size > 0;
}

/** Fills in defaults in place, and takes away each null where none is allowed: there the default applies, or nothing. */
export function setDefaults(node: SchemaNode, value: Json): void {
  if (Array.isArray(value)) {
    if (node.items) for (const each of value) setDefaults(node.items, each);
    return;
  }
  if (!isJsonObject(value)) return;
  for (const [name, child] of node.properties) {
    if (value[name] === null && !child.isNullable) delete value[name];
    if (value[name] === undefined && child.default !== undefined) value[name] = structuredClone(child.default);
  }
  const { values } = node;
  if (values)
    for (const key of Object.keys(value))
      if (value[key] === null && !values.isNullable && !node.properties.has(key)) {
        if (values.default === undefined) delete value[key];
        else value[key] = structuredClone(values.default);
      }
  for (const [key, child] of Object.entries(value)) {
    const known = node.child(key);
    if (known && child !== undefined) setDefaults(known, child);
  }
}
