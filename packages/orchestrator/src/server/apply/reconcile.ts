import type { Element } from './element.js';
import { type FieldSet, isEmptySet } from './field-set.js';
import { deduced, type FieldType } from './field-type.js';

/**
 * Owned fields after a change of the schema: what has become atomic since is owned as one. Is `fields` itself when
 * nothing has.
 */
export function reconciled(type: FieldType, fields: FieldSet): FieldSet {
  let out: Record<Element, FieldSet> | undefined;
  for (const element in fields) {
    if (element === '.') continue;
    const node = fields[element] as FieldSet;
    const child = childOf(type, element);
    if (!child || isEmptySet(node)) continue;
    const kept = reconciledNode(child, node);
    if (kept === node) continue;
    out ??= { ...fields };
    out[element] = kept;
  }
  return out ?? fields;
}

function reconciledNode(type: FieldType, node: FieldSet): FieldSet {
  if (type.map) {
    if (type.map.fields.size === 0 && type.map.values === deduced) return node;
    return type.map.isAtomic ? {} : reconciled(type, node);
  }
  if (type.scalar || !type.list) return node;
  return type.list.isAtomic ? {} : reconciled(type, node);
}

function childOf({ map, list }: FieldType, element: Element): FieldType | undefined {
  if (!map) return list?.item;
  return (element.startsWith('f:') ? map.fields.get(element.slice(2))?.type : undefined) ?? map.values;
}
