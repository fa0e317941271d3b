import { checkName, checkOptionalEnum, isPort, portProblem } from '../checks.js';
import { countColumn } from '../columns.js';
import { ageColumn, defineKind, nameColumn } from '../definition.js';
import { duplicate, type FieldError, invalid, notSupported, required } from '../field-error.js';
import { arrayAt, isJsonObject, type JsonObject, numberAt, objectAt, objectsAt, stringAt } from '../json.js';
import { label1035Problems, subdomainProblems } from '../names.js';
import { setDefault } from '../pod/pod.defaults.js';
import { mutatingWebhookConfigurations, validatingWebhookConfigurations } from '../refs.js';
import {
  checkMatchConditions,
  checkRule,
  checkSelectors,
  defaultRules,
  failurePolicies,
  matchPolicies,
} from './match.validation.js';

const reviewVersions = ['v1', 'v1beta1'];

function defaultHook(hook: JsonObject, isMutating: boolean): void {
  setDefault(hook, 'failurePolicy', 'Fail');
  setDefault(hook, 'matchPolicy', 'Equivalent');
  setDefault(hook, 'namespaceSelector', {});
  setDefault(hook, 'objectSelector', {});
  setDefault(hook, 'timeoutSeconds', 10);
  if (isMutating) setDefault(hook, 'reinvocationPolicy', 'Never');
  defaultRules(hook, 'rules');
  const { service } = objectAt(hook, 'clientConfig');
  if (isJsonObject(service)) setDefault(service, 'port', 443);
}

/** Where a web hook is. */
export function checkClientConfig({ url, service }: JsonObject, at: string, errors: FieldError[]): void {
  if ((url === undefined) === (service === undefined))
    errors.push(required(at, 'exactly one of url or service is required'));
  else if (typeof url === 'string') checkUrl(url, `${at}.url`, errors);
  else if (isJsonObject(service)) checkService(service, `${at}.service`, errors);
}

/** The URL of a web hook. */
function checkUrl(text: string, field: string, errors: FieldError[]): void {
  const form = '; desired format: https://host[/path]';
  let url: URL;
  try {
    url = new URL(text);
  } catch {
    if (/^[a-z][a-z0-9+.-]*:/i.test(text)) {
      errors.push(required(field, `url must be a valid URL: parse ${JSON.stringify(text)}${form}`));
      return;
    }
    errors.push(
      invalid(field, '', `'https' is the only allowed URL scheme${form}`),
      invalid(field, '', `host must be specified${form}`),
    );
    return;
  }
  const scheme = url.protocol.replace(/:$/, '');
  if (scheme !== 'https') errors.push(invalid(field, scheme, `'https' is the only allowed URL scheme${form}`));
  if (url.host === '') errors.push(invalid(field, '', `host must be specified${form}`));
  if (url.username !== '' || url.password !== '')
    errors.push(invalid(field, url.username, 'user information is not permitted in the URL'));
  if (url.hash !== '') errors.push(invalid(field, url.hash.slice(1), 'fragments are not permitted in the URL'));
  if (url.search !== '')
    errors.push(invalid(field, url.search.slice(1), 'query parameters are not permitted in the URL'));
}

function checkService(service: JsonObject, at: string, errors: FieldError[]): void {
  for (const key of ['name', 'namespace']) if (stringAt(service, key) === '') errors.push(required(`${at}.${key}`));
  if (!isPort(service.port)) errors.push(invalid(`${at}.port`, service.port ?? 0, `port is not valid: ${portProblem}`));
  const path = stringAt(service, 'path');
  if (path === '' || path === '/') return;
  const field = `${at}.path`;
  if (!path.startsWith('/')) errors.push(invalid(field, path, "must start with a '/'"));
  path
    .slice(1)
    .replace(/\/$/, '')
    .split('/')
    .forEach((step, index) => {
      if (step === '') errors.push(invalid(field, path, `segment[${index}] may not be empty`));
      else
        for (const problem of subdomainProblems(step))
          errors.push(invalid(field, path, `segment[${index}]: ${problem}`));
    });
}

function checkVersions(hook: JsonObject, at: string, errors: FieldError[]): void {
  const field = `${at}.admissionReviewVersions`;
  const versions = arrayAt(hook, 'admissionReviewVersions').map(String);
  if (versions.length === 0) {
    errors.push(required(field, `must specify one of ${reviewVersions.join(', ')}`));
    return;
  }
  versions.forEach((version, index) => {
    if (versions.indexOf(version) < index) errors.push(invalid(`${field}[${index}]`, version, 'duplicate version'));
    checkName(version, `${field}[${index}]`, label1035Problems, errors);
  });
  if (!versions.some((each) => reviewVersions.includes(each)))
    errors.push(invalid(field, versions, `must include at least one of ${reviewVersions.join(', ')}`));
}

function checkHook(hook: JsonObject, at: string, isMutating: boolean, errors: FieldError[]): void {
  const name = stringAt(hook, 'name');
  const problems = subdomainProblems(name);
  if (name === '') errors.push(required(`${at}.name`));
  else if (problems.length > 0) errors.push(invalid(`${at}.name`, name, problems.join(',')));
  else if (name.split('.').length < 3)
    errors.push(invalid(`${at}.name`, name, 'should be a domain with at least three segments separated by dots'));
  objectsAt(hook, 'rules').forEach((rule, index) => {
    checkRule(rule, `${at}.rules[${index}]`, errors);
  });
  checkOptionalEnum(hook, 'failurePolicy', at, failurePolicies, errors);
  checkOptionalEnum(hook, 'matchPolicy', at, matchPolicies, errors);
  const effects = ['None', 'NoneOnDryRun'];
  if (hook.sideEffects === undefined)
    errors.push(required(`${at}.sideEffects`, `must specify one of ${effects.join(', ')}`));
  else if (!effects.includes(String(hook.sideEffects)))
    errors.push(notSupported(`${at}.sideEffects`, hook.sideEffects, effects));
  const seconds = numberAt(hook, 'timeoutSeconds');
  if (seconds !== undefined && (seconds < 1 || seconds > 30))
    errors.push(invalid(`${at}.timeoutSeconds`, seconds, 'the timeout value must be between 1 and 30 seconds'));
  checkSelectors(hook, at, errors);
  if (isMutating) checkOptionalEnum(hook, 'reinvocationPolicy', at, ['IfNeeded', 'Never'], errors);
  checkClientConfig(objectAt(hook, 'clientConfig'), `${at}.clientConfig`, errors);
  checkVersions(hook, at, errors);
  checkMatchConditions(hook, at, errors);
}

const validate = (isMutating: boolean) => (object: JsonObject) => {
  const errors: FieldError[] = [];
  const names = new Set<string>();
  objectsAt(object, 'webhooks').forEach((hook, index) => {
    const at = `webhooks[${index}]`;
    checkHook(hook, at, isMutating, errors);
    const name = stringAt(hook, 'name');
    if ((name !== '' || !isMutating) && names.has(name)) errors.push(duplicate(`${at}.name`, name));
    names.add(name);
  });
  return errors;
};

const setDefaults = (isMutating: boolean) => (draft: JsonObject) => {
  for (const hook of objectsAt(draft, 'webhooks')) defaultHook(hook, isMutating);
};

const shared = {
  categories: ['api-extensions'],
  generationOf: ['webhooks'],
  columns: [nameColumn, countColumn('Webhooks', 'webhooks'), ageColumn],
};

export const mutatingWebhookConfigurationKind = defineKind({
  ...shared,
  type: mutatingWebhookConfigurations,
  schema: 'io.k8s.api.admissionregistration.v1.MutatingWebhookConfiguration',
  setDefaults: setDefaults(true),
  validate: validate(true),
});

export const validatingWebhookConfigurationKind = defineKind({
  ...shared,
  type: validatingWebhookConfigurations,
  schema: 'io.k8s.api.admissionregistration.v1.ValidatingWebhookConfiguration',
  setDefaults: setDefaults(false),
  validate: validate(false),
});
