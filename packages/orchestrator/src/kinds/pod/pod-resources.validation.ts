import { checkName } from '../checks.js';
import { duplicate, type FieldError, forbidden, invalid, notFound, required } from '../field-error.js';
import { isJsonObject, type JsonObject, objectAt, objectsAt, stringAt } from '../json.js';
import { labelProblems, subdomainProblems } from '../names.js';
import { addQuantities, compareQuantities, formatQuantity, type Quantity, zeroQuantity } from '../quantity.js';
import { checkResourceAmounts, isHugePages, quantityOf, resourceNameProblems } from '../resources.js';

// What a pod claims and asks for as a whole.

/** The pod's own list of claims. */
export function checkPodClaims(spec: JsonObject, at: string, errors: FieldError[]): ReadonlySet<string> {
  const names = new Set<string>();
  objectsAt(spec, 'resourceClaims').forEach((claim, index) => {
    const field = `${at}.resourceClaims[${index}]`;
    const name = stringAt(claim, 'name');
    if (name === '') errors.push(required(`${field}.name`));
    else if (names.has(name)) errors.push(duplicate(`${field}.name`, name));
    else checkName(name, `${field}.name`, labelProblems, errors);
    names.add(name);
    const { resourceClaimName: own, resourceClaimTemplateName: template } = claim;
    if (own !== undefined && template !== undefined)
      errors.push(
        invalid(field, claim, 'at most one of `resourceClaimName` or `resourceClaimTemplateName` may be specified'),
      );
    if (own === undefined && template === undefined)
      errors.push(invalid(field, claim, 'must specify one of: `resourceClaimName`, `resourceClaimTemplateName`'));
    if (typeof own === 'string') checkName(own, `${field}.resourceClaimName`, subdomainProblems, errors);
    if (typeof template === 'string')
      checkName(template, `${field}.resourceClaimTemplateName`, subdomainProblems, errors);
  });
  return names;
}

/** The claims that a container, or the pod, names of those. */
export function checkUsedClaims(
  resources: JsonObject,
  known: ReadonlySet<string>,
  at: string,
  errors: FieldError[],
): void {
  if (resources.claims === undefined) return;
  const seen = new Set<string>();
  objectsAt(resources, 'claims').forEach((claim, index) => {
    const field = `${at}.claims[${index}]`;
    const name = stringAt(claim, 'name');
    if (name === '') {
      errors.push(required(field));
      return;
    }
    const request = stringAt(claim, 'request');
    const key = request === '' ? name : `${name}/${request}`;
    if (request !== '' && !seen.has(name)) checkName(request, `${field}.request`, labelProblems, errors);
    if (seen.has(name)) errors.push(duplicate(field, name));
    else if (seen.has(key)) errors.push(duplicate(field, key));
    else if (request === '')
      for (const each of seen) if (each.startsWith(`${name}/`)) errors.push(duplicate(field, name));
    seen.add(key);
    if (known.has(name)) return;
    const names = known.size === 0 ? ' which is empty' : `: ${[...known].sort().join(', ')}`;
    const { message } = notFound(field, name);
    errors.push({
      field,
      reason: 'FieldValueNotFound',
      message: `${message}: must be one of the names in pod.spec.resourceClaims${names}`,
    });
  });
}

const podLevel = ['cpu', 'memory'];
const supported = '"cpu", "hugepages-", "memory"';

function checkPodResourceName(name: string, field: string, errors: FieldError[]): void {
  const problems = resourceNameProblems(name);
  for (const problem of problems) errors.push(invalid(field, name, problem));
  if (problems.length > 0 || podLevel.includes(name) || isHugePages(name)) return;
  errors.push({
    field,
    reason: 'FieldValueNotSupported',
    message: `Unsupported value: ${JSON.stringify(name)}: supported values: ${supported}`,
  });
}

/** What the pod as a whole may use; never less than its containers together ask for. */
export function checkPodResources(
  spec: JsonObject,
  claims: ReadonlySet<string>,
  at: string,
  errors: FieldError[],
): void {
  const { resources } = spec;
  if (!isJsonObject(resources)) return;
  if (objectAt(spec, 'os').name === 'windows') {
    errors.push(forbidden(at, 'may not be set for a windows pod'));
    return;
  }
  if (resources.claims !== undefined)
    errors.push(forbidden(`${at}.claims`, 'claims may not be set for Resources at pod-level'));
  checkUsedClaims(resources, claims, at, errors);
  checkResourceAmounts(resources, at, checkPodResourceName, errors);
  const requests = objectAt(resources, 'requests');
  for (const [name, sum] of aggregate(spec, 'requests'))
    if (requests[name] !== undefined && compareQuantities(sum, quantityOf(requests[name])) > 0)
      errors.push(
        invalid(
          `${at}.requests[${name}]`,
          requests[name],
          `must be greater than or equal to aggregate container requests of ${formatQuantity(sum)}`,
        ),
      );
  const limits = objectAt(resources, 'limits');
  for (const [name, sum] of aggregate(spec, 'limits'))
    if (isHugePages(name) && limits[name] !== undefined && compareQuantities(sum, quantityOf(limits[name])) > 0)
      errors.push(
        invalid(
          `${at}.limits[${name}]`,
          limits[name],
          `must be greater than or equal to aggregate container limits of ${formatQuantity(sum)}`,
        ),
      );
  objectsAt(spec, 'containers').forEach((container, index) => {
    const own = objectAt(objectAt(container, 'resources'), 'limits');
    for (const name in own)
      if (limits[name] !== undefined && compareQuantities(quantityOf(own[name]), quantityOf(limits[name])) > 0)
        errors.push(
          invalid(
            `${at}.containers[${index}][${name}].limits`,
            own[name],
            `must be less than or equal to pod limits of ${String(limits[name])}`,
          ),
        );
  });
}

function add(sums: Map<string, Quantity>, amounts: JsonObject): void {
  for (const name in amounts) sums.set(name, addQuantities(sums.get(name) ?? zeroQuantity, quantityOf(amounts[name])));
}

/** Containers and sidecars together, or the most that an init container needs beside the sidecars before it. */
function aggregate(spec: JsonObject, list: 'requests' | 'limits'): Map<string, Quantity> {
  const amountsOf = (container: JsonObject) => objectAt(objectAt(container, 'resources'), list);
  const sums = new Map<string, Quantity>();
  for (const container of objectsAt(spec, 'containers')) add(sums, amountsOf(container));
  const sidecars = new Map<string, Quantity>();
  const peaks = new Map<string, Quantity>();
  for (const container of objectsAt(spec, 'initContainers')) {
    const together = new Map(sidecars);
    add(together, amountsOf(container));
    if (container.restartPolicy === 'Always') {
      add(sums, amountsOf(container));
      add(sidecars, amountsOf(container));
    }
    for (const [name, amount] of together) raise(peaks, name, amount);
  }
  for (const [name, amount] of peaks) raise(sums, name, amount);
  return sums;
}

function raise(most: Map<string, Quantity>, name: string, amount: Quantity): void {
  const before = most.get(name);
  if (!before || compareQuantities(amount, before) > 0) most.set(name, amount);
}
