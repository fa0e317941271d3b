import { type FieldError, forbidden, required } from '../../kinds/index.js';
import { type CompiledRule, compileRules, type RuleNode } from './rules.js';
import type { RuleSource, SchemaNode } from './schema-node.js';

/** The greatest cost an expression may be estimated at, over all the places it is asked at. */
const perRuleLimit = 10_000_000;
const perSchemaLimit = 100_000_000;
const remedy =
  '(try simplifying the rule, or adding maxItems, maxProperties, and maxLength where arrays, maps, and strings are declared)';
const reasons = ['FieldValueRequired', 'FieldValueForbidden', 'FieldValueInvalid', 'FieldValueDuplicate'];

interface Run {
  errors: FieldError[];
  total: number;
  costs: { field: string; cost: number }[];
}

/** What keeps the rules of a schema from being accepted: they do not compile, or may cost too much. */
export function ruleErrors(schema: SchemaNode, path: string): FieldError[] {
  const run: Run = { errors: [], total: 0, costs: [] };
  const root = compileRules(schema, true);
  if (root) visit(root, path, 1, true, run);
  if (run.total > perSchemaLimit) {
    for (const { field, cost } of run.costs)
      if (cost > perSchemaLimit / 100)
        run.errors.push(
          forbidden(field, 'contributed to estimated rule cost total exceeding cost limit for entire OpenAPIv3 schema'),
        );
    run.errors.push(
      forbidden(
        path,
        `x-kubernetes-validations estimated rule cost total for entire OpenAPIv3 schema exceeds budget by factor of ${factor(run.total, perSchemaLimit)} ${remedy}`,
      ),
    );
  }
  return run.errors;
}

function visit(node: RuleNode, path: string, times: number, isCorrelatable: boolean, run: Run): void {
  node.rules.forEach((rule, index) => {
    checkRule(rule, `${path}.x-kubernetes-validations[${index}]`, times, isCorrelatable, run);
  });
  for (const [name, child] of node.properties)
    visit(child, `${path}.properties[${name}]`, times, isCorrelatable && node.schema.mapType !== 'atomic', run);
  const many = node.type.kind === 'list' || node.type.kind === 'map' ? (node.type.maxElements ?? 1) : 1;
  if (node.items)
    visit(node.items, `${path}.items`, times * many, isCorrelatable && node.schema.listType === 'map', run);
  if (node.values) visit(node.values, `${path}.additionalProperties`, times * many, isCorrelatable, run);
}

function checkRule(rule: CompiledRule, field: string, times: number, isCorrelatable: boolean, run: Run): void {
  const { source } = rule;
  const { errors } = run;
  const refuse = (key: string, shown: string, detail: string) =>
    errors.push({
      field: `${field}.${key}`,
      reason: 'FieldValueInvalid',
      message: `Invalid value: ${shown}: ${detail}`,
    });
  const text = (value: string) => JSON.stringify(value);
  if (source.rule.trim() === '') {
    errors.push(required(`${field}.rule`, 'rule is not specified'));
    return;
  }
  if (source.message !== '' && source.message.trim() === '')
    refuse('message', text(source.message), 'message must be non-empty if specified');
  else if (source.message.trim().includes('\n'))
    refuse('message', text(source.message), 'message must not contain line breaks');
  else if (source.rule.trim().includes('\n') && source.message === '')
    errors.push(required(`${field}.message`, 'message must be specified if rule contains line breaks'));
  if (source.messageExpression !== '' && source.messageExpression.trim() === '')
    errors.push(required(`${field}.messageExpression`, 'must be non-empty if specified'));
  if (source.reason !== '' && !reasons.includes(source.reason))
    errors.push({
      field: `${field}.reason`,
      reason: 'FieldValueNotSupported',
      message: `Unsupported value: ${text(source.reason)}: supported values: ${[...reasons].sort().map(text).join(', ')}`,
    });
  if (rule.problem !== '') refuse('rule', goText(source), rule.problem);
  if (rule.messageProblem !== '')
    refuse('messageExpression', goText(source), `messageExpression ${rule.messageProblem}`);
  if (!rule.program) return;
  if (rule.usesOldSelf && !isCorrelatable)
    refuse('rule', text(source.rule), 'oldSelf cannot be used on the uncorrelatable portion of the schema');
  if (source.optionalOldSelf !== undefined && !rule.usesOldSelf)
    refuse('optionalOldSelf', String(source.optionalOldSelf), 'may not be set if oldSelf is not used in rule');
  checkCost(rule.program.estimatedCost.max * times, `${field}.rule`, '', run);
  if (rule.message)
    checkCost(rule.message.estimatedCost.max * times, `${field}.messageExpression`, 'messageExpression ', run);
}

function checkCost(cost: number, field: string, what: string, run: Run): void {
  run.total += cost;
  run.costs.push({ field, cost });
  if (cost > perRuleLimit)
    run.errors.push(
      forbidden(
        field,
        `estimated ${what === '' ? 'rule ' : what}cost exceeds budget by factor of ${factor(cost, perRuleLimit)} ${remedy}`,
      ),
    );
}

function factor(cost: number, limit: number): string {
  const times = cost / limit;
  return times > 100 ? 'more than 100x' : `${times.toFixed(1)}x`;
}

/** A rule as the API's own errors show it. */
function goText({ rule, message, messageExpression, reason, fieldPath, optionalOldSelf }: RuleSource): string {
  const text = (value: string) => JSON.stringify(value);
  const reasonText =
    reason === ''
      ? '(*apiextensions.FieldValueErrorReason)(nil)'
      : `(*apiextensions.FieldValueErrorReason)(${text(reason)})`;
  const optional = optionalOldSelf === undefined ? '(*bool)(nil)' : `(*bool)(${String(optionalOldSelf)})`;
  return `apiextensions.ValidationRule{Rule:${text(rule)}, Message:${text(message)}, MessageExpression:${text(messageExpression)}, Reason:${reasonText}, FieldPath:${text(fieldPath)}, OptionalOldSelf:${optional}}`;
}
