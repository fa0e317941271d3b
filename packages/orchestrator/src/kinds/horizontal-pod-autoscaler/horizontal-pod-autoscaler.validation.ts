import { checkName, notPositive } from '../checks.js';
import { type FieldError, forbidden, invalid, notSupported, required } from '../field-error.js';
import { isJsonObject, type JsonObject, numberAt, objectAt, objectsAt, stringAt } from '../json.js';
import { labelProblems, pathProblems } from '../names.js';
import { quantityOf } from '../resources.js';

function checkReference(ref: JsonObject, at: string, errors: FieldError[]): void {
  for (const key of ['kind', 'name']) {
    const value = stringAt(ref, key);
    if (value === '') errors.push(required(`${at}.${key}`));
    else checkName(value, `${at}.${key}`, pathProblems, errors);
  }
  const version = stringAt(ref, 'apiVersion');
  if (version.split('/').length > 2)
    errors.push(invalid(`${at}.apiVersion`, version, `unexpected GroupVersion string: ${version}`));
  else if (!version.includes('/'))
    errors.push(invalid(`${at}.apiVersion`, version, 'apiVersion must specify API group'));
}

function checkTarget(target: JsonObject, at: string, errors: FieldError[]): void {
  const type = stringAt(target, 'type');
  if (type === '') errors.push(required(`${at}.type`, 'must specify a metric target type'));
  if (!['Utilization', 'Value', 'AverageValue'].includes(type))
    errors.push(invalid(`${at}.type`, type, 'must be either Utilization, Value, or AverageValue'));
  for (const key of ['value', 'averageValue'])
    if (target[key] !== undefined && quantityOf(target[key]).nano <= 0n)
      errors.push(invalid(`${at}.${key}`, target[key], 'must be positive'));
  const utilization = numberAt(target, 'averageUtilization');
  if (utilization !== undefined && utilization < 1)
    errors.push(invalid(`${at}.averageUtilization`, utilization, 'must be greater than 0'));
}

function checkIdentity(source: JsonObject, at: string, errors: FieldError[]): void {
  const name = stringAt(objectAt(source, 'metric'), 'name');
  if (name === '') errors.push(required(`${at}.metric.name`, 'must specify a metric name'));
  else checkName(name, `${at}.metric.name`, pathProblems, errors);
}

type Check = (source: JsonObject, target: JsonObject, at: string, errors: FieldError[]) => void;

const checkUtilization: Check = (source, target, at, errors) => {
  if (stringAt(source, 'name') === '') errors.push(required(`${at}.name`, 'must specify a resource name'));
  const both = [target.averageUtilization, target.averageValue].filter((each) => each !== undefined).length;
  if (both === 0)
    errors.push(
      required(`${at}.target.averageUtilization`, 'must set either a target raw value or a target utilization'),
    );
  if (both === 2)
    errors.push(forbidden(`${at}.target.averageValue`, 'may not set both a target raw value and a target utilization'));
};

const sources: Readonly<Record<string, Check>> = {
  object: (source, target, at, errors) => {
    checkReference(objectAt(source, 'describedObject'), `${at}.describedObject`, errors);
    checkIdentity(source, at, errors);
    if (target.value === undefined && target.averageValue === undefined)
      errors.push(required(`${at}.target.averageValue`, 'must set either a target value or averageValue'));
  },
  external: (source, target, at, errors) => {
    checkIdentity(source, at, errors);
    if (target.value === undefined && target.averageValue === undefined)
      errors.push(
        required(`${at}.target.averageValue`, 'must set either a target value for metric or a per-pod target'),
      );
    if (target.value !== undefined && target.averageValue !== undefined)
      errors.push(forbidden(`${at}.target.value`, 'may not set both a target value for metric and a per-pod target'));
  },
  pods: (source, target, at, errors) => {
    checkIdentity(source, at, errors);
    if (target.averageValue === undefined)
      errors.push(required(`${at}.target.averageValue`, 'must specify a positive target averageValue'));
  },
  resource: checkUtilization,
  containerResource: (source, target, at, errors) => {
    const container = stringAt(source, 'container');
    if (container === '') errors.push(required(`${at}.container`, 'must specify a container'));
    else checkName(container, `${at}.container`, labelProblems, errors);
    checkUtilization(source, target, at, errors);
  },
};
const sourceOf: Readonly<Record<string, string>> = {
  ContainerResource: 'containerResource',
  External: 'external',
  Object: 'object',
  Pods: 'pods',
  Resource: 'resource',
};
const metricTypes = Object.keys(sourceOf);

function checkMetric(metric: JsonObject, at: string, errors: FieldError[]): void {
  const type = stringAt(metric, 'type');
  if (type === '') errors.push(required(`${at}.type`, 'must specify a metric source type'));
  const wanted = sourceOf[type];
  if (wanted === undefined) errors.push(notSupported(`${at}.type`, type, metricTypes));
  const present = Object.keys(sources).filter((key) => isJsonObject(metric[key]));
  const first = present[0];
  if (first !== undefined) {
    const source = objectAt(metric, first);
    const target = objectAt(source, 'target');
    sources[first]?.(source, target, `${at}.${first}`, errors);
    checkTarget(target, `${at}.${first}.target`, errors);
  }
  if (wanted !== undefined && !present.includes(wanted))
    errors.push(required(`${at}.${wanted}`, 'must populate information for the given metric source'));
  if (present.length !== 1)
    for (const key of present)
      if (key !== wanted) errors.push(forbidden(`${at}.${key}`, 'must populate the given metric source only'));
}

function checkRules(rules: JsonObject, at: string, errors: FieldError[]): void {
  const window = numberAt(rules, 'stabilizationWindowSeconds');
  const field = `${at}.stabilizationWindowSeconds`;
  if (window !== undefined && window < 0) errors.push(invalid(field, window, 'must be greater than or equal to zero'));
  if (window !== undefined && window > 3600) errors.push(invalid(field, window, 'must be less than or equal to 3600'));
  const select = rules.selectPolicy;
  const selects = ['Disabled', 'Max', 'Min'];
  if (select !== undefined && !selects.includes(String(select)))
    errors.push(notSupported(`${at}.selectPolicy`, select, selects));
  const policies = objectsAt(rules, 'policies');
  if (policies.length === 0) errors.push(required(`${at}.policies`, 'must specify at least one Policy'));
  policies.forEach((policy, index) => {
    const place = `${at}.policies[${index}]`;
    if (policy.type !== 'Pods' && policy.type !== 'Percent')
      errors.push(notSupported(`${place}.type`, policy.type ?? '', ['Percent', 'Pods']));
    for (const key of ['value', 'periodSeconds'])
      if ((numberAt(policy, key) ?? 0) <= 0) errors.push(invalid(`${place}.${key}`, policy[key] ?? 0, notPositive));
    const period = numberAt(policy, 'periodSeconds') ?? 0;
    if (period > 1800) errors.push(invalid(`${place}.periodSeconds`, period, 'must be less than or equal to 1800'));
  });
  if (rules.tolerance !== undefined && quantityOf(rules.tolerance).nano < 0n)
    errors.push(invalid(`${at}.tolerance`, rules.tolerance, 'must be greater than or equal to 0'));
}

/** The object in its autoscaling/v2 form. */
export function validateAutoscaler(object: JsonObject): FieldError[] {
  const spec = objectAt(object, 'spec');
  const errors: FieldError[] = [];
  const least = numberAt(spec, 'minReplicas');
  const most = numberAt(spec, 'maxReplicas') ?? 0;
  if (least !== undefined && least < 1)
    errors.push(invalid('spec.minReplicas', least, 'must be greater than or equal to 1'));
  if (most === 0) errors.push(required('spec.maxReplicas', 'must be set and greater than 0'));
  else if (most < 0) errors.push(invalid('spec.maxReplicas', most, 'must be greater than or equal to 1'));
  if (least !== undefined && most < least)
    errors.push(invalid('spec.maxReplicas', most, 'must be greater than or equal to `minReplicas`'));
  checkReference(objectAt(spec, 'scaleTargetRef'), 'spec.scaleTargetRef', errors);
  objectsAt(spec, 'metrics').forEach((metric, index) => {
    checkMetric(metric, `spec.metrics[${index}]`, errors);
  });
  const scalesFrom = objectsAt(spec, 'metrics').some((each) => each.type === 'Object' || each.type === 'External');
  if (least === 0 && !scalesFrom)
    errors.push(
      forbidden(
        'spec.metrics',
        'must specify at least one Object or External metric to support scaling to zero replicas',
      ),
    );
  for (const key of ['scaleUp', 'scaleDown']) {
    const rules = objectAt(spec, 'behavior')[key];
    if (isJsonObject(rules)) checkRules(rules, `spec.behavior.${key}`, errors);
  }
  return errors;
}
