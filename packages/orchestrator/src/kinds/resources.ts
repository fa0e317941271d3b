import { type FieldError, forbidden, invalid, required } from './field-error.js';
import { type Json, type JsonObject, objectAt } from './json.js';
import { qualifiedNameProblems } from './names.js';
import { compareQuantities, parseExact, type Quantity, zeroQuantity } from './quantity.js';

// Names and amounts of resources, as containers, limits, quotas and nodes write them.

const containerResources = new Set(['cpu', 'memory', 'ephemeral-storage']);
const standardResources = new Set([
  'cpu',
  'memory',
  'ephemeral-storage',
  'requests.cpu',
  'requests.memory',
  'requests.ephemeral-storage',
  'limits.cpu',
  'limits.memory',
  'limits.ephemeral-storage',
  'pods',
  'resourcequotas',
  'services',
  'replicationcontrollers',
  'secrets',
  'configmaps',
  'persistentvolumeclaims',
  'storage',
  'requests.storage',
  'services.nodeports',
  'services.loadbalancers',
]);
const integerResources = new Set([
  'pods',
  'resourcequotas',
  'services',
  'replicationcontrollers',
  'secrets',
  'configmaps',
  'persistentvolumeclaims',
  'services.nodeports',
  'services.loadbalancers',
]);

export const quantityOf = (value: Json | undefined): Quantity =>
  typeof value === 'string' || typeof value === 'number' ? (parseExact(value) ?? zeroQuantity) : zeroQuantity;

export const isHugePages = (name: string): boolean => name.startsWith('hugepages-');
const isNative = (name: string): boolean => !name.includes('/') || /(^|\.)kubernetes\.io\//.test(name);
/** Of somebody's own, and not a quota's name for one. */
export const isExtendedResource = (name: string): boolean =>
  !isNative(name) && !name.startsWith('requests.') && qualifiedNameProblems(`requests.${name}`).length === 0;
const isOvercommitAllowed = (name: string): boolean => isNative(name) && !isHugePages(name);

/** True for a resource that every cluster has. */
export const isStandardResource = (name: string): boolean =>
  standardResources.has(name) || isHugePages(name) || name.startsWith('requests.hugepages-');

/** True for a resource that a quota can count. */
export const isQuotaResource = (name: string): boolean => isStandardResource(name) && name !== 'storage';

/** The name of a resource that a quota or limit may name. */
export function resourceNameProblems(name: string): readonly string[] {
  const problems = qualifiedNameProblems(name);
  if (problems.length > 0 || name.includes('/') || isStandardResource(name)) return problems;
  return ['must be a standard resource type or fully qualified'];
}

export function checkContainerResource(name: string, field: string, errors: FieldError[]): void {
  if (containerResources.has(name)) return;
  for (const problem of resourceNameProblems(name)) errors.push(invalid(field, name, problem));
  if (!name.includes('/')) {
    if (!isHugePages(name)) errors.push(invalid(field, name, 'must be a standard resource for containers'));
  } else if (!isNative(name) && !isExtendedResource(name))
    errors.push(invalid(field, name, "doesn't follow extended resource name standard"));
}

/** Not negative, and whole where the resource cannot be divided. */
export function checkAmount(name: string, value: Json | undefined, field: string, errors: FieldError[]): void {
  const amount = quantityOf(value);
  if (amount.nano < 0n) errors.push(invalid(field, value, 'must be greater than or equal to 0'));
  if ((integerResources.has(name) || isExtendedResource(name)) && amount.nano % 1_000_000_000n !== 0n)
    errors.push(invalid(field, value, 'must be an integer'));
}

export function checkContainerResources(resources: JsonObject, at: string, errors: FieldError[]): void {
  checkResourceAmounts(resources, at, checkContainerResource, errors);
}

/** Limits and requests, their names judged by `checkResource`. */
export function checkResourceAmounts(
  resources: JsonObject,
  at: string,
  checkResource: (name: string, field: string, errors: FieldError[]) => void,
  errors: FieldError[],
): void {
  const limits = objectAt(resources, 'limits');
  const requests = objectAt(resources, 'requests');
  let hasCompute = false;
  let hasHugePages = false;
  for (const name in limits) {
    const field = `${at}.limits[${name}]`;
    checkResource(name, field, errors);
    checkAmount(name, limits[name], field, errors);
    if (name === 'cpu' || name === 'memory') hasCompute = true;
    if (isHugePages(name)) hasHugePages = true;
  }
  for (const name in requests) {
    const field = `${at}.requests[${name}]`;
    checkResource(name, field, errors);
    const request = requests[name];
    const limit = limits[name];
    checkAmount(name, request, field, errors);
    if (name === 'cpu' || name === 'memory') hasCompute = true;
    if (isHugePages(name)) hasHugePages = true;
    if (request === limit) continue;
    if (limit === undefined) {
      if (!isOvercommitAllowed(name))
        errors.push(required(`${at}.limits`, 'Limit must be set for non overcommitable resources'));
      continue;
    }
    const order = compareQuantities(quantityOf(request), quantityOf(limit));
    if (order !== 0 && !isOvercommitAllowed(name))
      errors.push(invalid(`${at}.requests`, request, `must be equal to ${name} limit of ${String(limit)}`));
    else if (order > 0)
      errors.push(
        invalid(`${at}.requests`, request, `must be less than or equal to ${name} limit of ${String(limit)}`),
      );
  }
  if (hasHugePages && !hasCompute) errors.push(forbidden(at, 'HugePages require cpu or memory'));
}
