import {
  type CelBudget,
  CelCostError,
  CelError,
  CelOptional,
  type CelProgram,
  type CelType,
  celEnvironment,
  compileCel,
  fromJson,
  opaque,
  requestBudget,
  typeOfSchema,
  types,
} from '../../cel/index.js';
import {
  type FieldError,
  invalid,
  isJsonObject,
  isSame,
  type Json,
  type JsonObject,
  Schema,
} from '../../kinds/index.js';
import type { RuleSource, SchemaNode } from './schema-node.js';
import { oldItems } from './validate-value.js';

/** The compiled rules of a schema. */
export interface RuleSet {
  /** Of what has not been changed a broken rule is only warned of. Rules stop where their cost runs out. */
  check(object: JsonObject, old: JsonObject | undefined, warnings: string[]): FieldError[];
}

export interface CompiledRule {
  source: RuleSource;
  program: CelProgram | undefined;
  /** Why there is no program. */
  problem: string;
  message: CelProgram | undefined;
  messageProblem: string;
  usesOldSelf: boolean;
}

export interface RuleNode {
  schema: SchemaNode;
  type: CelType;
  rules: readonly CompiledRule[];
  properties: ReadonlyMap<string, RuleNode>;
  items: RuleNode | undefined;
  values: RuleNode | undefined;
}

export function rulesOf(node: SchemaNode): RuleSet {
  const root = compileRules(node, true);
  return {
    check: (object, old, warnings) => {
      const run: Run = { errors: [], warnings, budget: requestBudget(), isSpent: false };
      if (root) walk(root, object, old, '', () => false, run);
      return run.errors;
    },
  };
}

/** Undefined where there is no rule in the node or below it. */
export function compileRules(schema: SchemaNode, isResource: boolean): RuleNode | undefined {
  const properties = new Map<string, RuleNode>();
  for (const [name, child] of schema.properties) {
    const compiled = compileRules(child, child.isEmbedded);
    if (compiled) properties.set(name, compiled);
  }
  const items = schema.items && compileRules(schema.items, schema.items.isEmbedded);
  const values = schema.values && compileRules(schema.values, schema.values.isEmbedded);
  if (schema.rules.length === 0 && properties.size === 0 && !items && !values) return undefined;
  const type = typeOfSchema(new Schema(schema.raw, schema.raw, undefined), isResource) ?? types.dyn;
  return { schema, type, rules: schema.rules.map((each) => compileRule(each, type)), properties, items, values };
}

function compileRule(source: RuleSource, type: CelType): CompiledRule {
  const oldSelf = source.optionalOldSelf === true ? opaque('optional_type', [type]) : type;
  const environment = celEnvironment({ variables: { self: type, oldSelf } });
  const attempt = (expression: string, wanted: string) => {
    if (expression.trim() === '') return { program: undefined, problem: '' };
    try {
      const program = compileCel(expression, environment);
      const isWanted = program.resultType === wanted || program.resultType === 'dyn';
      return isWanted ? { program, problem: '' } : { program: undefined, problem: `must evaluate to a ${wanted}` };
    } catch (error) {
      return {
        program: undefined,
        problem: `compilation failed: ${error instanceof Error ? error.message : String(error)}`,
      };
    }
  };
  const { program, problem } = attempt(source.rule, 'bool');
  const message = attempt(source.messageExpression, 'string');
  return {
    source,
    program,
    problem,
    message: message.program,
    messageProblem: message.problem,
    usesOldSelf: program?.variables.has('oldSelf') ?? false,
  };
}

interface Run {
  errors: FieldError[];
  warnings: string[];
  budget: CelBudget;
  isSpent: boolean;
}

/** `isParentSame`: whether the nearest value above that can be compared with its old one is unchanged. */
function walk(
  node: RuleNode,
  value: Json,
  old: Json | undefined,
  path: string,
  isParentSame: () => boolean,
  run: Run,
): void {
  if (value === null || run.isSpent) return;
  let same: boolean | undefined;
  const isUnchanged = () => {
    same ??= old === undefined ? isParentSame() : isSame(value, old);
    return same;
  };
  for (const rule of node.rules) {
    evaluate(node, rule, value, old ?? undefined, path, isUnchanged, run);
    if (run.isSpent) return;
  }
  if (Array.isArray(value)) {
    const { items } = node;
    if (!items) return;
    const before = oldItems(node.schema, old);
    value.forEach((each, index) => {
      walk(items, each, before(each), `${path}[${index}]`, isUnchanged, run);
    });
  } else if (isJsonObject(value)) {
    const before = isJsonObject(old) && node.schema.mapType !== 'atomic' ? old : undefined;
    for (const [name, child] of Object.entries(value)) {
      if (child === undefined) continue;
      const property = node.properties.get(name);
      if (property) walk(property, child, before?.[name], path ? `${path}.${name}` : name, isUnchanged, run);
      else if (node.values && !node.schema.properties.has(name))
        walk(node.values, child, before?.[name], `${path}[${name}]`, isUnchanged, run);
    }
  }
}

const spentText = 'validation failed due to running out of cost budget, no further validation rules will be run';

function evaluate(
  node: RuleNode,
  rule: CompiledRule,
  value: Json,
  old: Json | undefined,
  path: string,
  isUnchanged: () => boolean,
  run: Run,
): void {
  const { source, program } = rule;
  const kind = node.schema.type;
  const at = path === '' ? '<nil>' : path;
  const ruleText = (source.message || source.rule).trim();
  if (!program) {
    if (rule.problem !== '') run.errors.push(invalid(at, kind, `rule compile error: ${rule.problem}`));
    return;
  }
  if (rule.usesOldSelf && old === undefined && source.optionalOldSelf !== true) return;
  const stop = (detail: string): void => {
    run.errors.push(invalid(at, kind, detail));
    run.isSpent = true;
  };
  if (run.budget.remaining <= 0) {
    stop(spentText);
    return;
  }
  const variables = variablesOf(node, rule, value, old);
  try {
    if (program.evaluate(variables, run.budget) === true) return;
  } catch (error) {
    if (error instanceof CelCostError) {
      stop(
        run.budget.remaining <= 0
          ? spentText
          : `'${error.message}': no further validation rules will be run due to call cost exceeds limit for rule: ${ruleText}`,
      );
      return;
    }
    if (!(error instanceof CelError)) throw error;
    const isOverload = error.message.startsWith('no such overload');
    run.errors.push(
      invalid(
        at,
        kind,
        isOverload
          ? `'${error.message}': call arguments did not match a supported operator, function or macro signature for rule: ${ruleText}`
          : `${error.message} evaluating rule: ${ruleText}`,
      ),
    );
    return;
  }
  const detail = messageOf(rule, variables, run) ?? (source.message === '' ? `failed rule: ${ruleText}` : ruleText);
  const found = errorFor(source, fieldOf(path, source.fieldPath), kind, detail);
  if (!rule.usesOldSelf && isUnchanged()) run.warnings.push(`${found.field}: ${found.message}`);
  else run.errors.push(found);
}

function variablesOf(node: RuleNode, rule: CompiledRule, value: Json, old: Json | undefined): Record<string, unknown> {
  const self = fromJson(value, node.type);
  if (rule.source.optionalOldSelf !== true)
    return { self, ...(old !== undefined && { oldSelf: fromJson(old, node.type) }) };
  return { self, oldSelf: old === undefined ? CelOptional.none : new CelOptional(fromJson(old, node.type)) };
}

const messageLimitBytes = 5 * 1024;

/** Undefined where the expression gives no text that can be shown. */
function messageOf(rule: CompiledRule, variables: Record<string, unknown>, run: Run): string | undefined {
  if (!rule.message) return undefined;
  try {
    const text = rule.message.evaluate(variables, run.budget);
    if (typeof text !== 'string') return undefined;
    const trimmed = text.trim();
    const isFit = trimmed !== '' && !trimmed.includes('\n') && Buffer.byteLength(trimmed) <= messageLimitBytes;
    return isFit ? trimmed : undefined;
  } catch (error) {
    if (error instanceof CelError) return undefined;
    throw error;
  }
}

function fieldOf(path: string, fieldPath: string): string {
  const rest = fieldPath.replace(/\['((?:[^'\\]|\\.)*)'\]/g, (_, name: string) => `.${name.replace(/\\(.)/g, '$1')}`);
  if (path === '') return rest === '' ? '<nil>' : rest.replace(/^\./, '');
  return `${path}${rest}`;
}

function errorFor({ reason }: RuleSource, field: string, kind: string, detail: string): FieldError {
  switch (reason) {
    case 'FieldValueForbidden':
      return { field, reason, message: `Forbidden: ${detail}` };
    case 'FieldValueRequired':
      return { field, reason, message: `Required value: ${detail}` };
    case 'FieldValueDuplicate':
      return { field, reason, message: `Duplicate value: ${JSON.stringify(kind)}` };
    default:
      return invalid(field, kind, detail);
  }
}
