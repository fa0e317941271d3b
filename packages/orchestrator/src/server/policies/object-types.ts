import { CelList, CelMap, type CelType, type CelValue, type ObjectType, types } from '../../cel/index.js';

type Field = { readonly property: string; readonly type: CelType };

/** Every name is a field: what a value holds is judged when it is merged into the object. */
class AnyFields extends Map<string, Field> {
  override get(name: string): Field {
    return { property: name, type: types.dyn };
  }
  override has(): boolean {
    return true;
  }
}

const anyFields = new AnyFields();

export const patchOperation: ObjectType = {
  kind: 'object',
  name: 'JSONPatch',
  fields: new Map(
    [
      ['op', types.string] as const,
      ['path', types.string] as const,
      ['from', types.string] as const,
      ['value', types.dyn] as const,
    ].map(([property, type]) => [property, { property, type }]),
  ),
};

/** `Object`, `Object.spec`, `Object.spec.template`…: each named by its place in the object. */
export function mutationStructs(name: string): ObjectType | undefined {
  if (name === patchOperation.name) return patchOperation;
  return name === 'Object' || name.startsWith('Object.') ? { kind: 'object', name, fields: anyFields } : undefined;
}

/** The first object in the value whose type is not that of the field it stands in, told as upstream does. */
export function misplacedType(value: CelValue, expected?: string): string | undefined {
  if (value instanceof CelList) {
    for (const each of value) {
      const problem = misplacedType(each, expected);
      if (problem) return problem;
    }
    return undefined;
  }
  if (!(value instanceof CelMap) || !value.object?.name.startsWith('Object')) return undefined;
  const { name } = value.object;
  if (expected !== undefined && name !== expected)
    return `unexpected type name ${JSON.stringify(name)}, expected ${JSON.stringify(expected)}, which matches field name path from root Object type`;
  for (const key of value.keys()) {
    const problem = misplacedType(value.get(key) ?? null, `${name}.${String(key)}`);
    if (problem) return problem;
  }
  return undefined;
}
