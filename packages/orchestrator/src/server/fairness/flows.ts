import { arrayAt, isJsonObject, type JsonObject, numberAt, objectAt, objectsAt, stringAt } from '../../kinds/index.js';
import type { User } from '../authentication.js';
import type { RequestInfo } from '../front/request-info.js';

/** A FlowSchema, ready to be matched. */
export interface Flow {
  readonly name: string;
  readonly uid: string;
  readonly level: string;
  readonly distinguisher: string;
  matches(user: User, info: RequestInfo): boolean;
}

const accountPrefix = 'system:serviceaccount:';

/** In the order in which they are asked: by precedence, then name. */
export function compileFlows(schemas: readonly JsonObject[]): Flow[] {
  const precedence = (schema: JsonObject) => numberAt(objectAt(schema, 'spec'), 'matchingPrecedence') ?? 1_000;
  return [...schemas]
    .sort((a, b) => precedence(a) - precedence(b) || (nameOf(a) < nameOf(b) ? -1 : 1))
    .map((schema) => {
      const spec = objectAt(schema, 'spec');
      const rules = objectsAt(spec, 'rules').map(compileRule);
      return {
        name: nameOf(schema),
        uid: stringAt(objectAt(schema, 'metadata'), 'uid'),
        level: stringAt(objectAt(spec, 'priorityLevelConfiguration'), 'name'),
        distinguisher: stringAt(objectAt(spec, 'distinguisherMethod'), 'type'),
        matches: (user, info) => rules.some((each) => each(user, info)),
      };
    });
}

const nameOf = (object: JsonObject) => stringAt(objectAt(object, 'metadata'), 'name');

function compileRule(rule: JsonObject): (user: User, info: RequestInfo) => boolean {
  const subjects = objectsAt(rule, 'subjects').map(compileSubject);
  const resources = objectsAt(rule, 'resourceRules').map((each) => {
    const verbs = listOf(each, 'verbs');
    const groups = listOf(each, 'apiGroups');
    const names = listOf(each, 'resources');
    const namespaces = listOf(each, 'namespaces');
    const isClusterScoped = each.clusterScope === true;
    return ({ verb, group, resource, subresource, namespace }: RequestInfo) =>
      verbs(verb) &&
      groups(group) &&
      names(subresource === '' ? resource : `${resource}/${subresource}`) &&
      (namespace === '' ? isClusterScoped : namespaces(namespace));
  });
  const paths = objectsAt(rule, 'nonResourceRules').map((each) => {
    const verbs = listOf(each, 'verbs');
    const urls = arrayAt(each, 'nonResourceURLs').map(String);
    return ({ verb, pathname }: RequestInfo) =>
      verbs(verb) && urls.some((url) => (url.endsWith('*') ? pathname.startsWith(url.slice(0, -1)) : url === pathname));
  });
  return (user, info) =>
    subjects.some((each) => each(user)) && (info.isResource ? resources : paths).some((each) => each(info));
}

function compileSubject(subject: JsonObject): (user: User) => boolean {
  const { user, group, serviceAccount } = subject;
  if (isJsonObject(user)) {
    const name = stringAt(user, 'name');
    return (who) => name === '*' || who.name === name;
  }
  if (isJsonObject(group)) {
    const name = stringAt(group, 'name');
    return (who) => name === '*' || who.groups.includes(name);
  }
  if (!isJsonObject(serviceAccount)) return () => false;
  const prefix = `${accountPrefix}${stringAt(serviceAccount, 'namespace')}:`;
  const name = stringAt(serviceAccount, 'name');
  return (who) => (name === '*' ? who.name.startsWith(prefix) : who.name === `${prefix}${name}`);
}

function listOf(object: JsonObject, key: string): (value: string) => boolean {
  const values = new Set(arrayAt(object, key).map(String));
  return values.has('*') ? () => true : (value) => values.has(value);
}
