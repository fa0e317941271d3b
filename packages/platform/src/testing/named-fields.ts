import { readFileSync } from 'node:fs';

/** Words that name another thing in a body or a query. A new one that does belongs here. */
const words = new Set(
  `tenant tenants project projects environment environments application applications release releases role roles policy
   policies blueprint upload from with fromEnvironment username user users group groups train robot owner cluster namespace
   permission rollout build request ids actor`.split(/\s+/),
);

interface Schema {
  readonly $ref?: string;
  readonly properties?: Readonly<Record<string, Schema>>;
  readonly items?: Schema;
  readonly anyOf?: readonly Schema[];
  readonly oneOf?: readonly Schema[];
  readonly allOf?: readonly Schema[];
}
interface Operation {
  readonly requestBody?: { readonly content: Readonly<Record<string, { readonly schema?: Schema }>> };
  readonly parameters?: readonly { readonly in: string; readonly name: string }[];
}
interface Document {
  readonly paths: Readonly<Record<string, Readonly<Record<string, Operation>>>>;
  readonly components: { readonly schemas: Readonly<Record<string, Schema>> };
}

const methods = ['get', 'post', 'put', 'patch', 'delete'];
const deepest = 8;

/** Every field of a body or query whose name says that it names another thing: `POST /tenants/:tenant/members role`. */
export function listNamedFields(): string[] {
  const file = new URL('../../../sdk/openapi.json', import.meta.url);
  const { paths, components } = JSON.parse(readFileSync(file, 'utf8')) as Document;
  const leavesOf = (given: Schema | undefined, path: readonly string[]): string[] => {
    if (!given || path.length > deepest) return [];
    const schema = given.$ref ? components.schemas[given.$ref.split('/').at(-1) ?? ''] : given;
    if (!schema) return [];
    const parts = [...(schema.anyOf ?? []), ...(schema.oneOf ?? []), ...(schema.allOf ?? [])];
    return [
      ...parts.flatMap((part) => leavesOf(part, path)),
      ...leavesOf(schema.items, path),
      ...Object.entries(schema.properties ?? {}).flatMap(([name, value]) => [
        [...path, name].join('.'),
        ...leavesOf(value, [...path, name]),
      ]),
    ];
  };
  const found = Object.entries(paths).flatMap(([path, operations]) =>
    Object.entries(operations)
      .filter(([method]) => methods.includes(method))
      .flatMap(([method, { requestBody, parameters = [] }]) => {
        const inQuery = parameters.filter((one) => one.in === 'query').map(({ name }) => name);
        const names = [...inQuery, ...leavesOf(requestBody?.content['application/json']?.schema, [])];
        const route = `${method.toUpperCase()} ${path.replace('/api/v1', '').replace(/\{(\w+)\}/g, ':$1')}`;
        return names.filter((name) => words.has(name.split('.').at(-1) ?? '')).map((name) => `${route} ${name}`);
      }),
  );
  return [...new Set(found)].sort();
}

const ofPlatform = 'the platform’s own, for those who see every tenant';
const people = 'users and groups are the platform’s; who is in no tenant of one’s own is looked up by name alone';
const ownNames = 'names of one’s own that there may be one day: nothing is looked up';
const time = 'a time';
const closed = 'one of a closed set of words';
const filter = 'a filter over rows that are narrowed to the tenant before';
const number = 'a number within the application of the path';
const content = 'what is to be made, not what is there';

/** Named fields that no test asks about another tenant, each with why. By route and field. */
export const untried: Readonly<Record<string, string>> = {
  'GET /access/explain permission': closed,
  'GET /access/explain user': people,
  'GET /audit-events actor': ofPlatform,
  'GET /audit-events from': time,
  'GET /audit-events tenant': ofPlatform,
  'GET /tenants/:tenant/audit-events actor': filter,
  'GET /tenants/:tenant/audit-events from': time,
  'POST /audit-exports from': time,
  'POST /tenants/:tenant/audit-exports from': time,
  'POST /audit-rules filter.actor': ofPlatform,
  'POST /audit-rules filter.tenant': ofPlatform,
  'PATCH /audit-rules/:rule filter.actor': ofPlatform,
  'PATCH /audit-rules/:rule filter.tenant': ofPlatform,
  'POST /audit-streams filter.actor': ofPlatform,
  'POST /audit-streams filter.tenant': ofPlatform,
  'PATCH /audit-streams/:stream filter.actor': ofPlatform,
  'PATCH /audit-streams/:stream filter.tenant': ofPlatform,
  'POST /tenants/:tenant/audit-rules filter.actor': filter,
  'PATCH /tenants/:tenant/audit-rules/:rule filter.actor': filter,
  'PATCH /tenants/:tenant/audit-rules/:rule filter.tenant': 'as at POST, by one function',
  'POST /tenants/:tenant/audit-streams filter.actor': filter,
  'PATCH /tenants/:tenant/audit-streams/:stream filter.actor': filter,
  'PATCH /tenants/:tenant/audit-streams/:stream filter.tenant': 'as at POST, by one function',
  'POST /blueprints content.environments': content,
  'POST /blueprints content.groups': content,
  'POST /blueprints content.groups.group': people,
  'POST /blueprints content.groups.role': closed,
  'PATCH /blueprints/:blueprint content.environments': content,
  'PATCH /blueprints/:blueprint content.groups': content,
  'PATCH /blueprints/:blueprint content.groups.group': people,
  'PATCH /blueprints/:blueprint content.groups.role': closed,
  'POST /tenants/:tenant/blueprints content.environments': content,
  'POST /tenants/:tenant/blueprints content.groups': content,
  'POST /tenants/:tenant/blueprints content.groups.group': people,
  'POST /tenants/:tenant/blueprints content.groups.role': closed,
  'PATCH /tenants/:tenant/blueprints/:blueprint content.environments': content,
  'PATCH /tenants/:tenant/blueprints/:blueprint content.groups': content,
  'PATCH /tenants/:tenant/blueprints/:blueprint content.groups.group': people,
  'PATCH /tenants/:tenant/blueprints/:blueprint content.groups.role': closed,
  'POST /clusters/:cluster/adoptions items.environment': ofPlatform,
  'POST /clusters/:cluster/adoptions items.namespace': ofPlatform,
  'POST /clusters/:cluster/adoptions items.project': ofPlatform,
  'POST /clusters/:cluster/adoptions items.tenant': ofPlatform,
  'POST /image-policies/:policy/exemptions tenant': ofPlatform,
  'POST /image-policies/dry-runs policy': ofPlatform,
  'POST /me/notifications/read ids': 'of one’s own bell, whoever asks',
  'POST /platform-members group': ofPlatform,
  'POST /platform-members role': ofPlatform,
  'POST /platform-members username': ofPlatform,
  'PATCH /platform-members/:member role': ofPlatform,
  'POST /quotas/recount tenant': ofPlatform,
  'POST /tenants owner': ofPlatform,
  'POST /users username': ofPlatform,
  'POST /tenants/:tenant/members group': people,
  'POST /tenants/:tenant/members username': people,
  'POST /tenants/:tenant/projects/:project/members group': people,
  'POST /tenants/:tenant/projects/:project/members username': people,
  'POST /tenants/:tenant/invitations role': closed,
  'POST /tenants/:tenant/image-policies/:policy/exemptions tenant': 'left aside: it is the tenant’s own',
  'POST /tenants/:tenant/projects/:project/applications/:application/releases build': number,
  'POST /tenants/:tenant/projects/:project/applications/:application/environments/:environment/plan build': number,
  'POST /tenants/:tenant/projects/:project/applications/:application/environments/:environment/promotions release':
    number,
  'GET /tenants/:tenant/projects/:project/applications/:application/environments/:environment/promotions/plan release':
    number,
  'POST /tenants/:tenant/projects/:project/applications/:application/rollback release': number,
  'PUT /tenants/:tenant/projects/:project/environments/:environment/drift-policy policy': closed,
  'PUT /tenants/:tenant/projects/:project/applications/:application/environments/:environment/drift/policy policy':
    closed,
  'POST /tenants/:tenant/freezes applications': ownNames,
  'PATCH /tenants/:tenant/freezes/:freeze applications': ownNames,
  'PATCH /tenants/:tenant/freezes/:freeze projects': ownNames,
  'POST /tenants/:tenant/projects/:project/applications build': content,
  'PATCH /tenants/:tenant/projects/:project/applications/:application build': content,
  'DELETE /tenants/:tenant/projects/:project/environments/:environment namespace': closed,
};
for (const [of, place] of [
  ['approval-policies', ''],
  ['approval-policies', '/tenants/:tenant'],
] as const)
  for (const route of [`POST ${place}/${of}`, `PATCH ${place}/${of}/:policy`]) {
    const reasons = { groups: people, permission: closed, roles: ownNames, users: people };
    for (const [field, why] of Object.entries(reasons))
      Object.assign(untried, { [`${route} approvers.${field}`]: why });
  }
