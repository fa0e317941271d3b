import { checkName } from '../checks.js';
import { column, metadataOf, specOf, statusOf, textColumn } from '../columns.js';
import { ageColumn, defineKind, nameColumn, statusSubresource } from '../definition.js';
import { duplicate, type FieldError, forbidden, invalid, required } from '../field-error.js';
import { arrayAt, isJsonObject, isSame, type JsonObject, objectAt, objectsAt, stringAt } from '../json.js';
import { qualifiedNameProblems } from '../names.js';
import { limitRanges, resourceQuotas } from '../refs.js';
import {
  checkAmount,
  checkContainerResource,
  isQuotaResource,
  isStandardResource,
  quantityOf,
  resourceNameProblems,
} from '../resources.js';

function usage(object: JsonObject, isLimit: boolean): string {
  const status = statusOf(object);
  const hard = objectAt(status, 'hard');
  const used = objectAt(status, 'used');
  const names = Object.keys(hard).filter((name) => name.startsWith('limits.') === isLimit);
  return names
    .sort()
    .map((name) => `${name}: ${String(used[name] ?? '0')}/${String(hard[name])}`)
    .join(', ');
}

const computeNames = new Set([
  'cpu',
  'memory',
  'requests.cpu',
  'requests.memory',
  'limits.cpu',
  'limits.memory',
  'pods',
]);
const scopes = new Set([
  'Terminating',
  'NotTerminating',
  'BestEffort',
  'NotBestEffort',
  'PriorityClass',
  'CrossNamespacePodAffinity',
  'VolumeAttributesClass',
]);
const exclusive = [
  ['Terminating', 'NotTerminating'],
  ['BestEffort', 'NotBestEffort'],
] as const;

/** Only a resource that the cluster itself counts can be outside a scope. */
function isScopeFor(scope: string, resource: string): boolean {
  if (!isStandardResource(resource) || resource.includes('hugepages-')) return true;
  switch (scope) {
    case 'BestEffort':
      return resource === 'pods';
    case 'VolumeAttributesClass':
      return resource === 'persistentvolumeclaims' || resource === 'requests.storage';
    default:
      return computeNames.has(resource);
  }
}

function checkScopes(spec: JsonObject, names: readonly string[], errors: FieldError[]): void {
  const given = arrayAt(spec, 'scopes').map(String);
  for (const scope of given) {
    if (!scopes.has(scope)) errors.push(invalid('spec.scopes', given, 'unsupported scope'));
    else if (names.some((name) => !isScopeFor(scope, name)))
      errors.push(invalid('spec.scopes', given, 'unsupported scope applied to resource'));
  }
  for (const pair of exclusive)
    if (pair.every((scope) => given.includes(scope))) errors.push(invalid('spec.scopes', given, 'conflicting scopes'));
  objectsAt(objectAt(spec, 'scopeSelector'), 'matchExpressions').forEach((expression) => {
    checkScopeExpression(expression, errors);
  });
}

function checkScopeExpression(expression: JsonObject, errors: FieldError[]): void {
  const at = 'spec.scopeSelector.matchExpressions';
  const scope = stringAt(expression, 'scopeName');
  const operator = stringAt(expression, 'operator');
  const values = arrayAt(expression, 'values');
  if (!scopes.has(scope)) errors.push(invalid(`${at}.scopeName`, scope, 'unsupported scope'));
  else if (scope !== 'PriorityClass' && scope !== 'VolumeAttributesClass' && operator !== 'Exists')
    errors.push(
      invalid(
        `${at}.operator`,
        operator,
        "must be 'Exists' when scope is any of ResourceQuotaScopeTerminating, ResourceQuotaScopeNotTerminating, ResourceQuotaScopeBestEffort, ResourceQuotaScopeNotBestEffort or ResourceQuotaScopeCrossNamespacePodAffinity",
      ),
    );
  if (operator === 'In' || operator === 'NotIn') {
    if (values.length === 0)
      errors.push(
        required(`${at}.values`, "must be at least one value when `operator` is 'In' or 'NotIn' for scope selector"),
      );
  } else if (operator === 'Exists' || operator === 'DoesNotExist') {
    if (values.length > 0)
      errors.push(
        invalid(
          `${at}.values`,
          values,
          "must be no value when `operator` is 'Exist' or 'DoesNotExist' for scope selector",
        ),
      );
  } else errors.push(invalid(`${at}.operator`, operator, 'not a valid selector operator'));
}

function checkQuotaName(name: string, field: string, errors: FieldError[]): void {
  const problems = qualifiedNameProblems(name);
  for (const problem of problems) errors.push(invalid(field, name, problem));
  if (problems.length === 0 && !name.includes('/') && !isStandardResource(name))
    errors.push(invalid(field, name, 'must be a standard resource type or fully qualified'));
  if (!name.includes('/') && !isQuotaResource(name))
    errors.push(invalid(field, name, 'must be a standard resource for quota'));
}

function checkAmounts(amounts: JsonObject, field: string, errors: FieldError[]): void {
  for (const name in amounts) {
    checkQuotaName(name, `${field}[${name}]`, errors);
    checkAmount(name, amounts[name], `${field}[${name}]`, errors);
  }
}

export const resourceQuotaKind = defineKind({
  type: resourceQuotas,
  schema: 'io.k8s.api.core.v1.ResourceQuota',
  shortNames: ['quota'],
  subresources: [
    statusSubresource('ResourceQuota', {
      validate: (object) => {
        const errors: FieldError[] = [];
        checkAmounts(objectAt(statusOf(object), 'hard'), 'status.hard', errors);
        checkAmounts(objectAt(statusOf(object), 'used'), 'status.used', errors);
        return errors;
      },
    }),
  ],
  prepareForCreate: (draft) => {
    draft.status = {};
  },
  validate: (object, old) => {
    const errors: FieldError[] = [];
    const spec = specOf(object);
    const hard = objectAt(spec, 'hard');
    checkAmounts(hard, 'spec.hard', errors);
    checkScopes(spec, Object.keys(hard), errors);
    if (old && !isSame(arrayAt(spec, 'scopes'), arrayAt(specOf(old), 'scopes')))
      errors.push(invalid('spec.scopes', spec.scopes ?? null, 'field is immutable'));
    return errors;
  },
  columns: [
    nameColumn,
    column('Request', (object) => usage(object, false)),
    column('Limit', (object) => usage(object, true)),
    ageColumn,
  ],
});

/** A container's limits are its defaults, its requests follow its limits and minima. */
function defaultLimit(item: JsonObject): void {
  if (item.type !== 'Container') return;
  const limits = { ...objectAt(item, 'max'), ...objectAt(item, 'default') };
  const requests = { ...objectAt(item, 'min'), ...limits, ...objectAt(item, 'defaultRequest') };
  if (isJsonObject(item.default) || Object.keys(limits).length > 0) item.default = limits;
  if (isJsonObject(item.defaultRequest) || Object.keys(requests).length > 0) item.defaultRequest = requests;
}

const lists = ['max', 'min', 'default', 'defaultRequest', 'maxLimitRequestRatio'];
const limitTypes = ['Pod', 'Container', 'PersistentVolumeClaim'];

function checkOrder(item: JsonObject, name: string, at: string, errors: FieldError[]): void {
  const text = (list: string) => objectAt(item, list)[name];
  const check = (low: string, high: string, field: string, value: string, words: (l: string, h: string) => string) => {
    const a = text(low);
    const b = text(high);
    if (a === undefined || b === undefined || quantityOf(a).nano <= quantityOf(b).nano) return;
    errors.push(invalid(`${at}.${field}[${name}]`, text(value), words(String(a), String(b))));
  };
  check('min', 'max', 'min', 'min', (l, h) => `min value ${l} is greater than max value ${h}`);
  check(
    'min',
    'defaultRequest',
    'defaultRequest',
    'defaultRequest',
    (l, h) => `min value ${l} is greater than default request value ${h}`,
  );
  check(
    'defaultRequest',
    'max',
    'defaultRequest',
    'defaultRequest',
    (l, h) => `default request value ${l} is greater than max value ${h}`,
  );
  check(
    'defaultRequest',
    'default',
    'defaultRequest',
    'defaultRequest',
    (l, h) => `default request value ${l} is greater than default limit value ${h}`,
  );
  check('min', 'default', 'default', 'min', (l, h) => `min value ${l} is greater than default value ${h}`);
  check('default', 'max', 'default', 'max', (l, h) => `default value ${l} is greater than max value ${h}`);
  const ratio = text('maxLimitRequestRatio');
  if (ratio === undefined) return;
  const amount = quantityOf(ratio).nano;
  const field = `${at}.maxLimitRequestRatio[${name}]`;
  if (amount < 1_000_000_000n) errors.push(invalid(field, ratio, `ratio ${String(ratio)} is less than 1`));
  const least = Number(quantityOf(text('min')).nano);
  const most = Number(quantityOf(text('max')).nano);
  if (least > 0 && text('max') !== undefined && Number(amount) / 1e9 > most / least)
    errors.push(invalid(field, ratio, `ratio ${String(ratio)} is greater than max/min = ${(most / least).toFixed(6)}`));
}

function validateLimits(object: JsonObject): FieldError[] {
  const errors: FieldError[] = [];
  const seen = new Set<string>();
  objectsAt(specOf(object), 'limits').forEach((item, index) => {
    const at = `spec.limits[${index}]`;
    const type = stringAt(item, 'type');
    const problems = qualifiedNameProblems(type);
    for (const problem of problems) errors.push(invalid(`${at}.type`, type, problem));
    if (problems.length === 0 && !type.includes('/') && !limitTypes.includes(type))
      errors.push(invalid(`${at}.type`, type, 'must be a standard limit type or fully qualified'));
    if (seen.has(type)) errors.push(duplicate(`${at}.type`, type));
    seen.add(type);
    const names = new Set<string>();
    for (const list of lists)
      for (const name in objectAt(item, list)) {
        names.add(name);
        const field = `${at}.${list}[${name}]`;
        if (type === 'Pod' || type === 'Container') checkContainerResource(name, field, errors);
        else checkName(name, field, resourceNameProblems, errors);
      }
    if (type === 'Pod')
      for (const list of ['default', 'defaultRequest'])
        if (Object.keys(objectAt(item, list)).length > 0)
          errors.push(forbidden(`${at}.${list}`, "may not be specified when `type` is 'Pod'"));
    if (
      type === 'PersistentVolumeClaim' &&
      objectAt(item, 'min').storage === undefined &&
      objectAt(item, 'max').storage === undefined
    )
      errors.push(
        required(`${at}.limits`, 'either minimum or maximum storage value is required, but neither was provided'),
      );
    for (const name of names) checkOrder(item, name, at, errors);
  });
  return errors;
}

export const limitRangeKind = defineKind({
  type: limitRanges,
  schema: 'io.k8s.api.core.v1.LimitRange',
  shortNames: ['limits'],
  setDefaults: (draft) => {
    for (const item of objectsAt(specOf(draft), 'limits')) defaultLimit(item);
  },
  validate: validateLimits,
  columns: [
    nameColumn,
    {
      ...textColumn('Created At', 'metadata.creationTimestamp'),
      type: 'date',
      cell: (object) => stringAt(metadataOf(object), 'creationTimestamp'),
    },
  ],
});
