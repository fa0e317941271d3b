import { isIP } from 'node:net';
import { type FieldError, invalid, notSupported, required } from './field-error.js';
import { type Json, type JsonObject, numberAt, objectAt, stringAt } from './json.js';
import { matchesLabelSelector } from './selectors.js';

// What validations of several kinds ask of a field. Each pushes what is wrong, in the API's own words.

export const negative = 'must be greater than or equal to 0';
export const notPositive = 'must be greater than zero';
export const portProblem = 'must be between 1 and 65535, inclusive';
const percentProblem =
  "a valid percent string must be a numeric string followed by an ending '%' (e.g. '1%',  or '93%', regex used for validation is '[0-9]+%')";
const percent = /^[0-9]+%$/;
const portName = /^[-a-z0-9]+$/;

type Errors = FieldError[];

/** Each of the fields, where it is present, is not negative. */
export function checkNonNegative(object: JsonObject, keys: readonly string[], at: string, errors: Errors): void {
  for (const key of keys) {
    const value = object[key];
    if (typeof value === 'number' && value < 0) errors.push(invalid(`${at}.${key}`, value, negative));
  }
}

/** Required, and one of a closed set. */
export function checkEnum(object: JsonObject, key: string, at: string, allowed: readonly string[], errors: Errors) {
  const value = stringAt(object, key);
  if (value === '') errors.push(required(`${at}.${key}`));
  else if (!allowed.includes(value)) errors.push(notSupported(at === '' ? key : `${at}.${key}`, value, allowed));
}

/** One of a closed set where it is present. */
export function checkOptionalEnum(
  object: JsonObject,
  key: string,
  at: string,
  allowed: readonly string[],
  errors: Errors,
): void {
  const value = object[key];
  if (value !== undefined && !allowed.includes(String(value)))
    errors.push(notSupported(at === '' ? key : `${at}.${key}`, value, allowed));
}

export function checkRequired(object: JsonObject, keys: readonly string[], at: string, errors: Errors): void {
  for (const key of keys) if (stringAt(object, key) === '') errors.push(required(at === '' ? key : `${at}.${key}`));
}

/** A text that one of the rules of `names.ts` judges. */
export function checkName(
  value: string,
  field: string,
  problemsOf: (value: string) => readonly string[] | string | undefined,
  errors: Errors,
): void {
  const problems = problemsOf(value);
  if (problems === undefined) return;
  if (typeof problems === 'string') errors.push(invalid(field, value, problems));
  else for (const problem of problems) errors.push(invalid(field, value, problem));
}

export const isPort = (value: Json | undefined): boolean => typeof value === 'number' && value >= 1 && value <= 65535;

export function portNameProblems(name: string): string[] {
  const problems: string[] = [];
  if (name.length > 15) problems.push('must be no more than 15 characters');
  if (!portName.test(name)) problems.push('must contain only alpha-numeric characters (a-z, 0-9), and hyphens (-)');
  if (!/[a-z]/.test(name)) problems.push('must contain at least one letter (a-z)');
  if (name.includes('--')) problems.push('must not contain consecutive hyphens');
  if (name.startsWith('-') || name.endsWith('-')) problems.push('must not begin or end with a hyphen');
  return problems;
}

/** A port's number, or the name of one. */
export function checkPortNumberOrName(value: Json | undefined, field: string, errors: Errors): void {
  if (typeof value === 'string')
    for (const problem of portNameProblems(value)) errors.push(invalid(field, value, problem));
  else if (!isPort(value)) errors.push(invalid(field, value ?? 0, portProblem));
}

export function checkCountOrPercent(value: Json | undefined, field: string, errors: Errors): void {
  if (typeof value === 'string' && !percent.test(value)) errors.push(invalid(field, value, percentProblem));
  if (typeof value === 'number' && value < 0) errors.push(invalid(field, value, negative));
}

export function checkAtMost100Percent(value: Json | undefined, field: string, errors: Errors): void {
  if (typeof value === 'string' && percent.test(value) && Number.parseInt(value, 10) > 100)
    errors.push(invalid(field, value, 'must not be greater than 100%'));
}

/** `25%` → 25, `3` → 3, anything else 0. */
export function countOrPercentValue(value: Json | undefined): number {
  if (typeof value === 'number') return value;
  return typeof value === 'string' ? Number.parseInt(value, 10) || 0 : 0;
}

export function ipProblem(value: string): string | undefined {
  return isIP(value) === 0 || value.includes('%')
    ? 'must be a valid IP address, (e.g. 10.9.8.7 or 2001:db8::ffff)'
    : undefined;
}

export function cidrProblem(value: string): string | undefined {
  const [address = '', bits = '', ...rest] = value.split('/');
  const family = isIP(address);
  const isValid =
    rest.length === 0 && family !== 0 && /^\d{1,3}$/.test(bits) && Number(bits) <= (family === 4 ? 32 : 128);
  return isValid ? undefined : 'must be a valid CIDR value, (e.g. 10.9.8.0/24 or 2001:db8::/64)';
}

/** No counter of a status is above another: `[['readyReplicas', 'replicas', 'cannot be greater than status.replicas']]`. */
export function checkAtMost(
  status: JsonObject,
  pairs: readonly (readonly [string, string, string])[],
  errors: Errors,
): void {
  for (const [key, most, detail] of pairs) {
    const value = numberAt(status, key) ?? 0;
    if (value > (numberAt(status, most) ?? 0)) errors.push(invalid(`status.${key}`, value, detail));
  }
}

/** True when a selector accepts the labels of a pod template. */
export function selectsTemplate(selector: JsonObject, template: JsonObject): boolean {
  const labels: Record<string, string> = {};
  const given = objectAt(objectAt(template, 'metadata'), 'labels');
  for (const key in given) labels[key] = String(given[key]);
  return matchesLabelSelector(selector, labels);
}

export const isEmptySelector = (selector: JsonObject): boolean =>
  Object.keys(objectAt(selector, 'matchLabels')).length === 0 &&
  !(Array.isArray(selector.matchExpressions) && selector.matchExpressions.length > 0);

/** Addresses that a Service or an Endpoints object may not hand out traffic to. */
export function checkEndpointIp(value: string, field: string, errors: Errors): void {
  const family = isIP(value);
  if (family === 0) {
    errors.push(invalid(field, value, 'must be a valid IP address, (e.g. 10.9.8.7 or 2001:db8::ffff)'));
    return;
  }
  const text = value.toLowerCase();
  if (text === '0.0.0.0' || text === '::') errors.push(invalid(field, value, `may not be unspecified (${value})`));
  if (text.startsWith('127.') || text === '::1')
    errors.push(invalid(field, value, 'may not be in the loopback range (127.0.0.0/8, ::1/128)'));
  if (text.startsWith('169.254.') || /^fe[89ab]/.test(text))
    errors.push(invalid(field, value, 'may not be in the link-local range (169.254.0.0/16, fe80::/10)'));
  if (text.startsWith('224.0.0.') || text.startsWith('ff02:'))
    errors.push(invalid(field, value, 'may not be in the link-local multicast range (224.0.0.0/24, ff02::/10)'));
}

export const isIPv6 = (value: string): boolean => isIP(value) === 6;
