import { checkName, checkOptionalEnum, notPositive } from '../checks.js';
import { duplicate, type FieldError, forbidden, invalid, notSupported, required } from '../field-error.js';
import { arrayAt, isJsonObject, type JsonObject, numberAt, objectAt, objectsAt, stringAt } from '../json.js';
import { validateLabelSelector } from '../metadata.js';
import { labelProblems, labelValueProblems, qualifiedNameProblems, subdomainProblems } from '../names.js';

const effects = ['NoSchedule', 'PreferNoSchedule', 'NoExecute'];

export function checkTolerations(spec: JsonObject, at: string, errors: FieldError[]): void {
  objectsAt(spec, 'tolerations').forEach((toleration, index) => {
    const field = `${at}.tolerations[${index}]`;
    const key = stringAt(toleration, 'key');
    const value = stringAt(toleration, 'value');
    const operator = stringAt(toleration, 'operator');
    const effect = stringAt(toleration, 'effect');
    if (key !== '') checkName(key, `${field}.key`, qualifiedNameProblems, errors);
    else if (operator !== 'Exists')
      errors.push(
        invalid(
          `${field}.operator`,
          operator,
          'operator must be Exists when `key` is empty, which means "match all values and all keys"',
        ),
      );
    if (toleration.tolerationSeconds !== undefined && effect !== 'NoExecute')
      errors.push(invalid(`${field}.effect`, effect, "effect must be 'NoExecute' when `tolerationSeconds` is set"));
    if (operator === '' || operator === 'Equal') checkName(value, `${field}.operator`, labelValueProblems, errors);
    else if (operator === 'Exists') {
      if (value !== '')
        errors.push(invalid(`${field}.operator`, value, "value must be empty when `operator` is 'Exists'"));
    } else errors.push(notSupported(`${field}.operator`, operator, ['Equal', 'Exists']));
    if (effect !== '' && !effects.includes(effect)) errors.push(notSupported(`${field}.effect`, effect, effects));
  });
}

const withValues = ['In', 'NotIn'];

function checkRequirement(requirement: JsonObject, field: string, errors: FieldError[]): void {
  const operator = stringAt(requirement, 'operator');
  const values = arrayAt(requirement, 'values');
  if (withValues.includes(operator)) {
    if (values.length === 0)
      errors.push(required(`${field}.values`, "must be specified when `operator` is 'In' or 'NotIn'"));
  } else if (operator === 'Exists' || operator === 'DoesNotExist') {
    if (values.length > 0)
      errors.push(forbidden(`${field}.values`, "may not be specified when `operator` is 'Exists' or 'DoesNotExist'"));
  } else if (operator === 'Lt' || operator === 'Gt') {
    if (values.length !== 1)
      errors.push(required(`${field}.values`, "must be specified single value when `operator` is 'Lt' or 'Gt'"));
  } else errors.push(invalid(`${field}.operator`, operator, 'not a valid selector operator'));
  checkName(stringAt(requirement, 'key'), `${field}.key`, qualifiedNameProblems, errors);
}

function checkFieldRequirement(requirement: JsonObject, field: string, errors: FieldError[]): void {
  const values = arrayAt(requirement, 'values');
  const operator = stringAt(requirement, 'operator');
  if (!withValues.includes(operator))
    errors.push(invalid(`${field}.operator`, operator, 'not a valid selector operator'));
  else if (values.length !== 1)
    errors.push(
      required(`${field}.values`, "must be only one value when `operator` is 'In' or 'NotIn' for node field selector"),
    );
  if (requirement.key !== 'metadata.name')
    errors.push(invalid(`${field}.key`, requirement.key ?? '', 'not a valid field selector key'));
  else
    values.forEach((value, index) => {
      checkName(String(value), `${field}.values[${index}]`, subdomainProblems, errors);
    });
}

function checkTerm(term: JsonObject, field: string, errors: FieldError[]): void {
  objectsAt(term, 'matchExpressions').forEach((each, index) => {
    checkRequirement(each, `${field}.matchExpressions[${index}]`, errors);
  });
  objectsAt(term, 'matchFields').forEach((each, index) => {
    checkFieldRequirement(each, `${field}.matchFields[${index}]`, errors);
  });
}

export function checkNodeSelector(selector: JsonObject, field: string, errors: FieldError[]): void {
  const terms = objectsAt(selector, 'nodeSelectorTerms');
  if (terms.length === 0)
    errors.push(required(`${field}.nodeSelectorTerms`, 'must have at least one node selector term'));
  terms.forEach((term, index) => {
    checkTerm(term, `${field}.nodeSelectorTerms[${index}]`, errors);
  });
}

function checkPodTerm(term: JsonObject, field: string, errors: FieldError[]): void {
  for (const key of ['labelSelector', 'namespaceSelector']) {
    const selector = term[key];
    if (isJsonObject(selector)) errors.push(...validateLabelSelector(selector, `${field}.${key}`));
  }
  for (const name of arrayAt(term, 'namespaces')) checkName(String(name), `${field}.namespace`, labelProblems, errors);
  checkLabelKeys(term, field, errors);
  const key = stringAt(term, 'topologyKey');
  if (key === '') errors.push(required(`${field}.topologyKey`, 'can not be empty'));
  checkName(key, `${field}.topologyKey`, qualifiedNameProblems, errors);
}

function checkLabelKeys(term: JsonObject, field: string, errors: FieldError[]): void {
  for (const list of ['matchLabelKeys', 'mismatchLabelKeys']) {
    const keys = arrayAt(term, list);
    if (keys.length === 0) continue;
    if (!isJsonObject(term.labelSelector)) {
      errors.push(forbidden(`${field}.${list}`, 'must not be specified when labelSelector is not set'));
      continue;
    }
    keys.forEach((key, index) => {
      checkName(String(key), `${field}.${list}[${index}]`, qualifiedNameProblems, errors);
    });
  }
}

const soft = 'preferredDuringSchedulingIgnoredDuringExecution';
const hard = 'requiredDuringSchedulingIgnoredDuringExecution';

function checkWeight(term: JsonObject, field: string, errors: FieldError[]): void {
  const weight = numberAt(term, 'weight') ?? 0;
  if (weight <= 0 || weight > 100) errors.push(invalid(`${field}.weight`, weight, 'must be in the range 1-100'));
}

export function checkAffinity(spec: JsonObject, at: string, errors: FieldError[]): void {
  const { affinity } = spec;
  if (!isJsonObject(affinity)) return;
  const node = affinity.nodeAffinity;
  if (isJsonObject(node)) {
    const field = `${at}.affinity.nodeAffinity`;
    const must = node[hard];
    if (isJsonObject(must)) checkNodeSelector(must, `${field}.${hard}`, errors);
    objectsAt(node, soft).forEach((term, index) => {
      checkWeight(term, `${field}.${soft}[${index}]`, errors);
      checkTerm(objectAt(term, 'preference'), `${field}.${soft}[${index}].preference`, errors);
    });
  }
  for (const key of ['podAffinity', 'podAntiAffinity']) {
    const rules = affinity[key];
    if (!isJsonObject(rules)) continue;
    const field = `${at}.affinity.${key}`;
    objectsAt(rules, hard).forEach((term, index) => {
      checkPodTerm(term, `${field}.${hard}[${index}]`, errors);
    });
    objectsAt(rules, soft).forEach((term, index) => {
      checkWeight(term, `${field}.${soft}[${index}]`, errors);
      checkPodTerm(objectAt(term, 'podAffinityTerm'), `${field}.${soft}[${index}].podAffinityTerm`, errors);
    });
  }
}

export function checkSpread(spec: JsonObject, at: string, errors: FieldError[]): void {
  const constraints = objectsAt(spec, 'topologySpreadConstraints');
  constraints.forEach((constraint, index) => {
    const field = `${at}.topologySpreadConstraints[${index}]`;
    const skew = numberAt(constraint, 'maxSkew') ?? 0;
    if (skew <= 0) errors.push(invalid(`${field}.maxSkew`, skew, notPositive));
    if (stringAt(constraint, 'topologyKey') === '') errors.push(required(`${field}.topologyKey`, 'can not be empty'));
    const action = constraint.whenUnsatisfiable;
    if (action !== 'DoNotSchedule' && action !== 'ScheduleAnyway')
      errors.push(notSupported(`${field}.whenUnsatisfiable`, action ?? '', ['DoNotSchedule', 'ScheduleAnyway']));
    if (
      constraints
        .slice(index + 1)
        .some((each) => each.topologyKey === constraint.topologyKey && each.whenUnsatisfiable === action)
    )
      errors.push(
        duplicate(
          `${field}.{topologyKey, whenUnsatisfiable}`,
          `{${stringAt(constraint, 'topologyKey')}, ${stringAt(constraint, 'whenUnsatisfiable')}}`,
        ),
      );
    const domains = numberAt(constraint, 'minDomains');
    if (domains !== undefined) {
      if (domains <= 0) errors.push(invalid(`${field}.minDomains`, domains, notPositive));
      if (action !== 'DoNotSchedule')
        errors.push(
          invalid(
            `${field}.minDomains`,
            domains,
            `can only use minDomains if whenUnsatisfiable=DoNotSchedule, not ${stringAt(constraint, 'whenUnsatisfiable')}`,
          ),
        );
    }
    for (const key of ['nodeAffinityPolicy', 'nodeTaintsPolicy'])
      checkOptionalEnum(constraint, key, field, ['Honor', 'Ignore'], errors);
    checkLabelKeys(constraint, field, errors);
    if (isJsonObject(constraint.labelSelector))
      errors.push(...validateLabelSelector(constraint.labelSelector, `${field}.labelSelector`));
  });
}
