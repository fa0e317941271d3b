import { defineKind, type JsonObject, type KindDefinition, kindDefinitions, Schema } from '../../kinds/index.js';

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
