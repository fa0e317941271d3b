import type { FieldError, JsonObject } from '../../kinds/index.js';
import type { SchemaNode } from './schema-node.js';

export interface RuleSet {
  check(object: JsonObject, old: JsonObject | undefined, warnings: string[]): FieldError[];
}

export function rulesOf(_node: SchemaNode): RuleSet {
  return { check: () => [] };
}
