import { isJsonObject, type Json, type JsonObject } from '../../kinds/index.js';

/** One `x-kubernetes-validations` entry. */
export interface RuleSource {
  rule: string;
  message: string;
  messageExpression: string;
  reason: string;
  fieldPath: string;
  optionalOldSelf: boolean | undefined;
}

/** One node of a structural schema, its children read once. */
export class SchemaNode {
  readonly type: string;
  readonly format: string;
  readonly isNullable: boolean;
  readonly isIntOrString: boolean;
  readonly isEmbedded: boolean;
  readonly preservesUnknown: boolean;
  readonly default: Json | undefined;
  readonly required: readonly string[];
  readonly listType: string;
  readonly mapType: string;
  readonly listMapKeys: readonly string[];
  readonly properties: ReadonlyMap<string, SchemaNode>;
  readonly items: SchemaNode | undefined;
  /** The schema of a map's values. */
  readonly values: SchemaNode | undefined;
  /** `additionalProperties: true`: every key is known, none is described. */
  readonly allowsAny: boolean;
  readonly allOf: readonly SchemaNode[];
  readonly anyOf: readonly SchemaNode[];
  readonly oneOf: readonly SchemaNode[];
  readonly not: SchemaNode | undefined;
  readonly rules: readonly RuleSource[];

  constructor(readonly raw: JsonObject) {
    this.type = text(raw.type);
    this.format = text(raw.format);
    this.isNullable = raw.nullable === true;
    this.isIntOrString = raw['x-kubernetes-int-or-string'] === true;
    this.isEmbedded = raw['x-kubernetes-embedded-resource'] === true;
    this.preservesUnknown = raw['x-kubernetes-preserve-unknown-fields'] === true;
    this.default = raw.default;
    this.required = strings(raw.required);
    this.listType = text(raw['x-kubernetes-list-type']);
    this.mapType = text(raw['x-kubernetes-map-type']);
    this.listMapKeys = strings(raw['x-kubernetes-list-map-keys']);
    const properties = isJsonObject(raw.properties) ? raw.properties : {};
    this.properties = new Map(
      Object.entries(properties).flatMap(([name, child]) =>
        isJsonObject(child) ? [[name, new SchemaNode(child)]] : [],
      ),
    );
    this.items = nodeOf(raw.items);
    this.values = nodeOf(raw.additionalProperties);
    this.allowsAny = raw.additionalProperties === true;
    this.allOf = nodesOf(raw.allOf);
    this.anyOf = nodesOf(raw.anyOf);
    this.oneOf = nodesOf(raw.oneOf);
    this.not = nodeOf(raw.not);
    this.rules = Array.isArray(raw['x-kubernetes-validations'])
      ? raw['x-kubernetes-validations'].filter(isJsonObject).map(ruleOf)
      : [];
  }

  child(name: string): SchemaNode | undefined {
    return this.properties.get(name) ?? this.values;
  }

  /** True for this node or any below it. */
  some(predicate: (node: SchemaNode) => boolean): boolean {
    if (predicate(this)) return true;
    for (const child of this.properties.values()) if (child.some(predicate)) return true;
    if (this.items?.some(predicate) || this.values?.some(predicate)) return true;
    return this.allOf.some((each) => each.some(predicate));
  }
}

function ruleOf(raw: JsonObject): RuleSource {
  return {
    rule: text(raw.rule),
    message: text(raw.message),
    messageExpression: text(raw.messageExpression),
    reason: text(raw.reason),
    fieldPath: text(raw.fieldPath),
    optionalOldSelf: typeof raw.optionalOldSelf === 'boolean' ? raw.optionalOldSelf : undefined,
  };
}

const text = (value: Json | undefined) => (typeof value === 'string' ? value : '');
const strings = (value: Json | undefined) =>
  Array.isArray(value) ? value.filter((each) => typeof each === 'string') : [];
const nodeOf = (value: Json | undefined) => (isJsonObject(value) ? new SchemaNode(value) : undefined);
const nodesOf = (value: Json | undefined) =>
  Array.isArray(value) ? value.filter(isJsonObject).map((each) => new SchemaNode(each)) : [];
