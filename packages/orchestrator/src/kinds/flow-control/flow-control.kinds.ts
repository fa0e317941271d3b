import { checkName } from '../checks.js';
import { column, metadataOf, specOf, statusOf, textColumn } from '../columns.js';
import { ageColumn, type Column, defineKind, nameColumn, statusSubresource } from '../definition.js';
import { duplicate, type FieldError, forbidden, invalid, notSupported, required } from '../field-error.js';
import { arrayAt, isJsonObject, type JsonObject, numberAt, objectAt, objectsAt, stringAt } from '../json.js';
import { labelProblem, subdomainProblem } from '../names.js';
import { setDefault, setZero } from '../pod/pod.defaults.js';
import { flowSchemas, priorityLevelConfigurations } from '../refs.js';

const verbs = ['create', 'delete', 'deletecollection', 'get', 'list', 'patch', 'proxy', 'update', 'watch'];

function checkList(
  rule: JsonObject,
  key: string,
  at: string,
  none: string,
  others: string,
  errors: FieldError[],
): void {
  const values = arrayAt(rule, key);
  if (values.length === 0) errors.push(required(`${at}.${key}`, none));
  else if (values.length > 1 && values.includes('*'))
    errors.push(invalid(`${at}.${key}`, values, `if '*' is present, must not specify other ${others}`));
}

function checkVerbs(rule: JsonObject, at: string, errors: FieldError[]): void {
  checkList(rule, 'verbs', at, 'verbs must contain at least one value', 'verbs', errors);
  const given = arrayAt(rule, 'verbs');
  if (given.some((each) => each !== '*' && !verbs.includes(String(each))))
    errors.push(notSupported(`${at}.verbs`, given, verbs));
}

function urlProblem(path: string): string | undefined {
  if (path === '') return 'must not be empty';
  if (path === '/' || path === '*') return undefined;
  if (!path.startsWith('/')) return 'must start with slash';
  if (path.includes(' ')) return 'must not contain white-space';
  if (path.includes('//')) return 'must not contain double slash';
  const star = path.indexOf('*');
  return star >= 0 && star < path.length - 1 ? 'wildcard can only do suffix matching' : undefined;
}

function checkRules(rules: JsonObject, at: string, errors: FieldError[]): void {
  const subjects = objectsAt(rules, 'subjects');
  const resources = objectsAt(rules, 'resourceRules');
  const urls = objectsAt(rules, 'nonResourceRules');
  if (subjects.length === 0) errors.push(required(`${at}.subjects`, 'subjects must contain at least one value'));
  subjects.forEach((subject, index) => {
    checkSubject(subject, `${at}.subjects[${index}]`, errors);
  });
  if (resources.length === 0 && urls.length === 0)
    errors.push(required(at, 'at least one of resourceRules and nonResourceRules has to be non-empty'));
  resources.forEach((rule, index) => {
    const field = `${at}.resourceRules[${index}]`;
    checkVerbs(rule, field, errors);
    const none = 'resource rules must supply at least one';
    checkList(rule, 'apiGroups', field, `${none} api group`, 'api groups', errors);
    checkList(rule, 'resources', field, `${none} resource`, 'resources', errors);
    checkNamespaces(rule, field, errors);
  });
  urls.forEach((rule, index) => {
    const field = `${at}.nonResourceRules[${index}]`;
    checkVerbs(rule, field, errors);
    const none = 'nonResourceURLs must contain at least one value';
    checkList(rule, 'nonResourceURLs', field, none, 'non-resource URLs', errors);
    arrayAt(rule, 'nonResourceURLs').forEach((url, number) => {
      checkName(String(url), `${field}.nonResourceURLs[${number}]`, urlProblem, errors);
    });
  });
}

function checkNamespaces(rule: JsonObject, at: string, errors: FieldError[]): void {
  const namespaces = arrayAt(rule, 'namespaces').map(String);
  if (namespaces.length === 0) {
    if (rule.clusterScope !== true)
      errors.push(
        required(`${at}.namespaces`, 'resource rules that are not cluster scoped must supply at least one namespace'),
      );
  } else if (namespaces.includes('*')) {
    if (namespaces.length > 1)
      errors.push(invalid(`${at}.namespaces`, namespaces, "if '*' is present, must not specify other namespaces"));
  } else
    namespaces.forEach((each, index) => {
      const problem = labelProblem(each);
      if (problem)
        errors.push(
          invalid(
            `${at}.namespaces[${index}]`,
            each,
            `each member of this list must be '*' or a DNS-1123 label; ${problem}`,
          ),
        );
    });
}

const subjectParts: Readonly<Record<string, string>> = {
  User: 'user',
  Group: 'group',
  ServiceAccount: 'serviceAccount',
};

function checkSubject(subject: JsonObject, at: string, errors: FieldError[]): void {
  const kind = stringAt(subject, 'kind');
  const own = subjectParts[kind];
  if (own === undefined) {
    errors.push(notSupported(`${at}.kind`, kind, ['Group', 'ServiceAccount', 'User']));
    return;
  }
  for (const [name, part] of Object.entries(subjectParts))
    if (part !== own && isJsonObject(subject[part]))
      errors.push(forbidden(`${at}.${part}`, `${part} is forbidden when subject kind is not '${name}'`));
  const named = subject[own];
  const field = `${at}.${own}`;
  if (!isJsonObject(named)) {
    errors.push(required(field, `${own} is required when subject kind is '${kind}'`));
    return;
  }
  const name = stringAt(named, 'name');
  if (name === '') errors.push(required(`${field}.name`));
  if (own !== 'serviceAccount') return;
  if (name !== '' && name !== '*') checkName(name, `${field}.name`, subdomainProblem, errors);
  const namespace = stringAt(named, 'namespace');
  if (namespace === '') errors.push(required(`${field}.namespace`, 'must specify namespace for service account'));
  else checkName(namespace, `${field}.namespace`, labelProblem, errors);
}

function validateSchema(object: JsonObject): FieldError[] {
  const spec = specOf(object);
  const errors: FieldError[] = [];
  const precedence = numberAt(spec, 'matchingPrecedence') ?? 0;
  const field = 'spec.matchingPrecedence';
  if (precedence <= 0) errors.push(invalid(field, precedence, 'must be a positive value'));
  if (precedence > 10_000) errors.push(invalid(field, precedence, 'must not be greater than 10000'));
  if (precedence === 1 && stringAt(metadataOf(object), 'name') !== 'exempt')
    errors.push(invalid(field, precedence, "only the schema named 'exempt' may have matchingPrecedence 1"));
  if (isJsonObject(spec.distinguisherMethod)) {
    const type = spec.distinguisherMethod.type;
    if (type !== 'ByNamespace' && type !== 'ByUser')
      errors.push(notSupported('spec.distinguisherMethod.type', spec.distinguisherMethod, ['ByNamespace', 'ByUser']));
  }
  const level = stringAt(objectAt(spec, 'priorityLevelConfiguration'), 'name');
  const at = 'spec.priorityLevelConfiguration.name';
  if (level === '') errors.push(required(at, 'must reference a priority level'));
  else checkName(level, at, subdomainProblem, errors);
  objectsAt(spec, 'rules').forEach((rules, index) => {
    checkRules(rules, `spec.rules[${index}]`, errors);
  });
  return errors;
}

function validateConditions(object: JsonObject): FieldError[] {
  const errors: FieldError[] = [];
  const seen = new Set<string>();
  objectsAt(statusOf(object), 'conditions').forEach((condition, index) => {
    const type = stringAt(condition, 'type');
    const at = `status.conditions[${index}].type`;
    if (seen.has(type)) errors.push(duplicate(at, type));
    if (type === '') errors.push(required(at));
    seen.add(type);
  });
  return errors;
}

export const flowSchemaKind = defineKind({
  type: flowSchemas,
  schema: 'io.k8s.api.flowcontrol.v1.FlowSchema',
  subresources: [statusSubresource('FlowSchema', { validate: validateConditions })],
  generationOf: ['spec'],
  setDefaults: (draft) => {
    if (isJsonObject(draft.spec)) setZero(draft.spec, 'matchingPrecedence', 1000);
  },
  prepareForCreate: (draft) => {
    draft.status = {};
  },
  validate: validateSchema,
  columns: [
    nameColumn,
    textColumn('PriorityLevel', 'spec.priorityLevelConfiguration.name'),
    column('MatchingPrecedence', (object) => numberAt(specOf(object), 'matchingPrecedence') ?? 0),
    textColumn('DistinguisherMethod', 'spec.distinguisherMethod.type', '<none>'),
    ageColumn,
    column('MissingPL', (object) => {
      const dangling = objectsAt(statusOf(object), 'conditions').find((each) => each.type === 'Dangling');
      return dangling ? stringAt(dangling, 'status') : '?';
    }),
  ],
});

/** Bits of a hash that dealing `hand` of `deck` queues takes. */
function entropyBits(deck: number, hand: number): number {
  let bits = 0;
  for (let index = 0; index < hand; index++) bits += Math.log2(deck - index);
  return Math.ceil(bits);
}

function checkQueuing(queuing: JsonObject, at: string, errors: FieldError[]): void {
  const queues = numberAt(queuing, 'queues') ?? 0;
  const hand = numberAt(queuing, 'handSize') ?? 0;
  const limit = numberAt(queuing, 'queueLengthLimit') ?? 0;
  if (limit <= 0) errors.push(invalid(`${at}.queueLengthLimit`, limit, 'must be positive'));
  if (queues <= 0) errors.push(invalid(`${at}.queues`, queues, 'must be positive'));
  else if (queues > 10_000_000) errors.push(invalid(`${at}.queues`, queues, 'must not be greater than 10000000'));
  if (hand <= 0) errors.push(invalid(`${at}.handSize`, hand, 'must be positive'));
  else if (hand > queues) errors.push(invalid(`${at}.handSize`, hand, `should not be greater than queues (${queues})`));
  else if (entropyBits(queues, Math.min(hand, 64)) > 60)
    errors.push(
      invalid(
        `${at}.handSize`,
        hand,
        `required entropy bits of deckSize ${queues} and handSize ${hand} should not be greater than 60`,
      ),
    );
}

function checkShares(limits: JsonObject, at: string, errors: FieldError[]): void {
  const shares = numberAt(limits, 'nominalConcurrencyShares');
  const percent = numberAt(limits, 'lendablePercent');
  if (shares !== undefined && shares < 0)
    errors.push(invalid(`${at}.nominalConcurrencyShares`, shares, 'must be a non-negative integer'));
  if (percent !== undefined && (percent < 0 || percent > 100))
    errors.push(invalid(`${at}.lendablePercent`, percent, 'must be between 0 and 100, inclusive'));
}

function checkLimited(limited: JsonObject, at: string, errors: FieldError[]): void {
  checkShares(limited, at, errors);
  const borrowing = numberAt(limited, 'borrowingLimitPercent');
  if (borrowing !== undefined && borrowing < 0)
    errors.push(invalid(`${at}.borrowingLimitPercent`, borrowing, 'if specified, must be a non-negative integer'));
  const response = objectAt(limited, 'limitResponse');
  const field = `${at}.limitResponse`;
  const isQueued = isJsonObject(response.queuing);
  if (response.type === 'Reject') {
    if (isQueued)
      errors.push(forbidden(`${field}.queuing`, 'must be nil if limited.limitResponse.type is not Limited'));
  } else if (response.type === 'Queue') {
    if (isQueued) checkQueuing(objectAt(response, 'queuing'), `${field}.queuing`, errors);
    else errors.push(required(`${field}.queuing`, 'must not be empty if limited.limitResponse.type is Limited'));
  } else errors.push(notSupported(`${field}.type`, response.type ?? '', ['Queue', 'Reject']));
}

function validateLevel(object: JsonObject): FieldError[] {
  const spec = specOf(object);
  const errors: FieldError[] = [];
  const type = stringAt(spec, 'type');
  if ((stringAt(metadataOf(object), 'name') === 'exempt') !== (type === 'Exempt'))
    errors.push(invalid('spec.type', type, "must be 'Exempt' if and only if `name` is 'exempt'"));
  if (type === 'Exempt') {
    if (isJsonObject(spec.limited)) errors.push(forbidden('spec.limited', 'must be nil if the type is not Limited'));
    if (isJsonObject(spec.exempt)) checkShares(spec.exempt, 'spec.exempt', errors);
  } else if (type === 'Limited') {
    if (isJsonObject(spec.exempt)) errors.push(forbidden('spec.exempt', 'must be nil if the type is Limited'));
    if (isJsonObject(spec.limited)) checkLimited(spec.limited, 'spec.limited', errors);
    else errors.push(required('spec.limited', 'must not be empty when type is Limited'));
  } else errors.push(notSupported('spec.type', type, ['Exempt', 'Limited']));
  return errors;
}

const limitColumn = (name: string, read: (limited: JsonObject) => number | undefined): Column =>
  column(name, (object) => {
    const { limited } = specOf(object);
    return (isJsonObject(limited) ? read(limited) : undefined) ?? '<none>';
  });
const queuing = (limited: JsonObject) => objectAt(objectAt(limited, 'limitResponse'), 'queuing');

export const priorityLevelConfigurationKind = defineKind({
  type: priorityLevelConfigurations,
  schema: 'io.k8s.api.flowcontrol.v1.PriorityLevelConfiguration',
  subresources: [statusSubresource('PriorityLevelConfiguration', { validate: validateConditions })],
  generationOf: ['spec'],
  setDefaults: (draft) => {
    const { exempt, limited } = specOf(draft);
    if (isJsonObject(exempt)) {
      setDefault(exempt, 'nominalConcurrencyShares', 0);
      setDefault(exempt, 'lendablePercent', 0);
    }
    if (!isJsonObject(limited)) return;
    setDefault(limited, 'nominalConcurrencyShares', 30);
    setDefault(limited, 'lendablePercent', 0);
    const { queuing: queues } = objectAt(limited, 'limitResponse');
    if (!isJsonObject(queues)) return;
    setZero(queues, 'handSize', 8);
    setZero(queues, 'queues', 64);
    setZero(queues, 'queueLengthLimit', 50);
  },
  prepareForCreate: (draft) => {
    draft.status = {};
  },
  validate: validateLevel,
  columns: [
    nameColumn,
    textColumn('Type', 'spec.type'),
    limitColumn('NominalConcurrencyShares', (limited) => numberAt(limited, 'nominalConcurrencyShares')),
    limitColumn('Queues', (limited) => numberAt(queuing(limited), 'queues')),
    limitColumn('HandSize', (limited) => numberAt(queuing(limited), 'handSize')),
    limitColumn('QueueLengthLimit', (limited) => numberAt(queuing(limited), 'queueLengthLimit')),
    ageColumn,
  ],
});
