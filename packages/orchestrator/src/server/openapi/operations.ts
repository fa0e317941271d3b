import { apiVersionOf, type JsonObject, type KindDefinition } from '../../kinds/index.js';
import { deleteOptionsSchema, groupVersionKind, listSchemaOf, schemaNameOf, statusSchema } from './schemas.js';

export type Method = 'get' | 'put' | 'post' | 'delete' | 'options' | 'head' | 'patch';

export interface Parameter {
  name: string;
  in: 'path' | 'query';
  type: 'string' | 'boolean' | 'integer';
}

/** One operation of the API, independent of the version of OpenAPI that tells of it. */
export interface Operation {
  path: string;
  method: Method;
  id: string;
  action: string;
  type: JsonObject;
  parameters: readonly Parameter[];
  /** Name of the schema of what is sent. `patch`: any of the formats in `patches`. */
  body?: string;
  patches?: readonly string[];
  /** Name of the schema of the answer; text when absent. */
  answer?: string;
  codes: readonly number[];
}

const patchTypes = [
  'application/json-patch+json',
  'application/merge-patch+json',
  'application/strategic-merge-patch+json',
  'application/apply-patch+yaml',
];

/** A custom resource has no strategic merge: clients see here which patch to send. */
const patchesOf = (kind: KindDefinition) =>
  kind.isStructural ? patchTypes.filter((each) => !each.includes('strategic')) : patchTypes;

const query = (type: Parameter['type'], ...names: string[]): Parameter[] =>
  names.map((name) => ({ name, in: 'query', type }));

const pretty = query('string', 'pretty');
const writing = [...pretty, ...query('string', 'dryRun', 'fieldManager', 'fieldValidation')];
const patching = [...writing, ...query('boolean', 'force')];
const selecting = [
  ...pretty,
  ...query('boolean', 'allowWatchBookmarks'),
  ...query('string', 'continue', 'fieldSelector', 'labelSelector'),
  ...query('integer', 'limit'),
  ...query('string', 'resourceVersion', 'resourceVersionMatch'),
  ...query('boolean', 'sendInitialEvents'),
  ...query('integer', 'timeoutSeconds'),
  ...query('boolean', 'watch'),
];
const deleting = [
  ...pretty,
  ...query('string', 'dryRun'),
  ...query('integer', 'gracePeriodSeconds'),
  ...query('boolean', 'ignoreStoreReadErrorWithClusterBreakingPotential', 'orphanDependents'),
  ...query('string', 'propagationPolicy'),
];

const capital = (text: string) => text.charAt(0).toUpperCase() + text.slice(1);

function groupName(group: string): string {
  if (group === '') return 'Core';
  return group
    .replace(/\.k8s\.io$/, '')
    .split(/[.-]/)
    .map(capital)
    .join('');
}

export const rootOf = ({ type }: Pick<KindDefinition, 'type'>) =>
  type.group === '' ? `api/${type.version}` : `apis/${type.group}/${type.version}`;

const verbOfAction: Readonly<Record<string, string>> = { post: 'create', put: 'update' };

/** Every operation on a kind. */
export function operationsOf(kind: KindDefinition): Operation[] {
  const { verbs } = kind;
  const all = allOperations(kind);
  return verbs ? all.filter(({ action }) => verbs.includes(verbOfAction[action] ?? action)) : all;
}

function allOperations(kind: KindDefinition): Operation[] {
  const { plural, namespaced } = kind.type;
  const root = `/${rootOf(kind)}`;
  const collection = namespaced ? `${root}/namespaces/{namespace}/${plural}` : `${root}/${plural}`;
  const item = `${collection}/{name}`;
  const inNamespace: Parameter[] = namespaced ? [{ name: 'namespace', in: 'path', type: 'string' }] : [];
  const inItem: Parameter[] = [{ name: 'name', in: 'path', type: 'string' }, ...inNamespace];
  const type = groupVersionKind(kind);
  const scope = `${groupName(kind.type.group)}${capital(kind.type.version)}${namespaced ? 'Namespaced' : ''}`;
  const name = `${scope}${kind.type.kind}`;
  const list = listSchemaOf(kind);
  const own = { body: kind.schema, answer: kind.schema, type };
  const operations: Operation[] = [
    {
      path: collection,
      method: 'get',
      id: `list${name}`,
      action: 'list',
      type,
      parameters: [...inNamespace, ...selecting],
      answer: list,
      codes: [200],
    },
    {
      ...own,
      path: collection,
      method: 'post',
      id: `create${name}`,
      action: 'post',
      parameters: [...inNamespace, ...writing],
      codes: [200, 201, 202],
    },
    {
      path: item,
      method: 'get',
      id: `read${name}`,
      action: 'get',
      type,
      parameters: [...inItem, ...pretty],
      answer: kind.schema,
      codes: [200],
    },
    {
      ...own,
      path: item,
      method: 'put',
      id: `replace${name}`,
      action: 'put',
      parameters: [...inItem, ...writing],
      codes: [200, 201],
    },
    {
      ...own,
      body: 'patch',
      patches: patchesOf(kind),
      path: item,
      method: 'patch',
      id: `patch${name}`,
      action: 'patch',
      parameters: [...inItem, ...patching],
      codes: [200, 201],
    },
    {
      path: item,
      method: 'delete',
      id: `delete${name}`,
      action: 'delete',
      type,
      parameters: [...inItem, ...deleting],
      body: deleteOptionsSchema,
      answer: statusSchema,
      codes: [200, 202],
    },
  ];
  if (kind.hasDeleteCollection)
    operations.push({
      path: collection,
      method: 'delete',
      id: `deleteCollection${name}`,
      action: 'deletecollection',
      type,
      parameters: [...inNamespace, ...deleting, ...query('string', 'fieldSelector', 'labelSelector')],
      body: deleteOptionsSchema,
      answer: statusSchema,
      codes: [200],
    });
  if (namespaced)
    operations.push({
      path: `${root}/${plural}`,
      method: 'get',
      id: `list${name.replace('Namespaced', '')}ForAllNamespaces`,
      action: 'list',
      type,
      parameters: selecting,
      answer: list,
      codes: [200],
    });
  for (const each of kind.subresources) operations.push(...subresourceOperations(kind, each, item, inItem, name));
  return operations;
}

const methods: Readonly<Record<string, { method: Method; action: string; verb: string }>> = {
  get: { method: 'get', action: 'get', verb: 'read' },
  create: { method: 'post', action: 'post', verb: 'create' },
  update: { method: 'put', action: 'put', verb: 'replace' },
  patch: { method: 'patch', action: 'patch', verb: 'patch' },
};

const connected = new Set(['exec', 'attach', 'portforward', 'proxy']);

function subresourceOperations(
  kind: KindDefinition,
  subresource: KindDefinition['subresources'][number],
  item: string,
  inItem: readonly Parameter[],
  name: string,
): Operation[] {
  const group = subresource.group ?? kind.type.group;
  const version = subresource.version ?? kind.type.version;
  const type = { group, version, kind: subresource.kind };
  const schema =
    subresource.kind === kind.type.kind
      ? kind.schema
      : schemaNameOf(apiVersionOf({ group, version }), subresource.kind);
  const suffix = capital(subresource.name);
  if (connected.has(subresource.name))
    return (['get', 'post'] as const).map((method) => ({
      path: `${item}/${subresource.name}`,
      method,
      id: `connect${capital(method)}${name}${suffix}`,
      action: 'connect',
      type,
      parameters: inItem,
      codes: [200],
    }));
  return subresource.verbs.flatMap((verb): Operation[] => {
    const found = methods[verb];
    if (!found) return [];
    const isText = subresource.name === 'log';
    return [
      {
        path: `${item}/${subresource.name}`,
        method: found.method,
        id: `${found.verb}${name}${suffix}`,
        action: found.action,
        type,
        parameters: [...inItem, ...(verb === 'get' ? pretty : verb === 'patch' ? patching : writing)],
        ...(verb === 'patch'
          ? { body: 'patch', patches: patchesOf(kind) }
          : verb !== 'get' && schema && { body: schema }),
        ...(!isText && schema && { answer: schema }),
        codes: verb === 'create' ? [200, 201, 202] : [200],
      },
    ];
  });
}
