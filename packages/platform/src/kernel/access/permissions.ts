/**
 * The narrowest thing on which a permission can be given. `project`: on one project, on a whole tenant, or on the platform;
 * `tenant`: on a whole tenant or the platform; `platform`: there only.
 */
export type Level = 'project' | 'tenant' | 'platform';

/** Every permission, with where it can be given and what it lets its holder do. docs/access.md is made from this. */
const catalogue = {
  'tenants:read': ['project', 'See the tenant: its name and state, and its figures with a role in the whole of it'],
  'tenants:write': ['tenant', "Change the tenant's name and settings"],
  'tenants:create': ['platform', 'Create tenants'],
  'tenants:approve': ['platform', 'Decide on requests for tenants'],
  'tenants:suspend': ['platform', 'Cordon, suspend, archive and bring back tenants'],
  'tenants:delete': ['platform', 'Delete tenants'],
  'members:read': ['project', 'List members'],
  'members:write': ['project', 'Add, change and remove members, but no owners, and give no more than one has'],
  'owners:write': ['project', 'Make and unmake owners'],
  'invitations:read': ['tenant', 'List invitations'],
  'invitations:write': ['tenant', 'Invite by mail, and take invitations back'],
  'roles:read': ['tenant', 'List roles and what they hold'],
  'roles:write': ['tenant', 'Make, change and delete custom roles, with no more than one has'],
  'robots:read': ['project', 'List robots'],
  'robots:write': ['project', 'Make, change and delete robots, and renew their tokens'],
  'projects:read': ['project', 'List and read projects'],
  'projects:write': ['project', 'Change projects; on a whole tenant, create them'],
  'projects:delete': ['project', 'Delete projects'],
  'blueprints:read': ['tenant', 'List project blueprints'],
  'blueprints:write': ['tenant', 'Make, change and delete project blueprints'],
  'environments:read': ['project', 'List and read environments'],
  'environments:write': ['project', 'Create and change environments'],
  'environments:delete': ['project', 'Delete environments'],
  'applications:read': ['project', 'List and read applications, and fetch their sources'],
  'applications:write': ['project', 'Create and change applications'],
  'applications:delete': ['project', 'Delete applications'],
  'sources:write': ['project', 'Push and upload sources'],
  'builds:read': ['project', 'List builds and read their logs'],
  'builds:write': ['project', 'Start and cancel builds'],
  'releases:read': ['project', 'List and read releases'],
  'releases:write': ['project', 'Make releases'],
  'releases:override-freeze': ['project', 'Roll out in spite of a freeze, with a reason'],
  'rollouts:read': ['project', 'List and follow rollouts'],
  'rollouts:write': ['project', 'Start and stop rollouts'],
  'rollouts:promote': ['project', 'Promote a release to the next step or environment'],
  'rollouts:rollback': ['project', 'Go back to an earlier release'],
  'rollouts:force': ['project', 'Promote a release that is not healthy in the environment that it comes from'],
  'freezes:read': ['project', 'Read when nothing new is rolled out'],
  'freezes:write': ['tenant', 'Say when nothing new is rolled out'],
  'config:read': ['project', 'Read configuration, secrets left out'],
  'config:write': ['project', 'Change configuration'],
  'secrets:read': ['project', 'Reveal secrets'],
  'secrets:write': ['project', 'Set secrets without reading them'],
  'scaling:read': ['project', 'Read replicas and resources'],
  'scaling:write': ['project', 'Change replicas and resources'],
  'domains:read': ['project', 'List domains'],
  'domains:write': ['project', 'Add and remove domains'],
  'domains:confirm': ['platform', 'Confirm a host name without a proof in the DNS, with a reason'],
  'pods:read': ['project', 'List pods and read their state'],
  'pods:exec': ['project', 'Open a shell or a port in a pod, and copy files'],
  'logs:read': ['project', "Read applications' logs"],
  'events:read': ['project', 'Follow what happens'],
  'operations:read': ['project', 'List and read long work'],
  'operations:write': ['project', 'Cancel and repeat long work'],
  'repositories:read': ['project', 'List image repositories, and pull'],
  'repositories:write': ['project', 'Push images'],
  'repositories:delete': ['project', 'Delete images and tags'],
  'workloads:write': ['project', 'Change Kubernetes objects directly'],
  'policies:read': ['project', 'Read network, image and Pod Security policies'],
  'policies:write': ['tenant', 'Change network and image policies, within what the platform allows'],
  'quotas:read': ['project', 'Read limits, usage and forecasts'],
  'quotas:write': ['tenant', "Divide the tenant's limits among its projects and environments"],
  'tenant-quotas:write': ['platform', "Set tenants' own limits"],
  'requests:read': ['project', 'Read requests and their history'],
  'requests:write': ['project', 'Ask for something that needs consent'],
  'requests:approve': ['project', 'Approve and reject requests, but never one’s own'],
  'requests:break-glass': ['project', 'Take in an emergency what a request asks for, to be reviewed afterwards'],
  'approval-policies:read': ['tenant', 'Read who must approve what'],
  'approval-policies:write': ['tenant', 'Change who must approve what'],
  'audit:read': ['project', 'Search the audit log'],
  'audit:read-all': ['platform', 'Search the audit log of the platform and of all tenants'],
  'audit:export': ['tenant', 'Export and verify the audit log'],
  'audit-rules:read': ['tenant', "Read the audit log's rules, alerts and targets"],
  'audit-rules:write': ['tenant', "Change the audit log's rules, alerts and targets"],
  'users:read': ['platform', 'List users'],
  'users:write': ['platform', 'Create, change and delete users'],
  'users:impersonate': [
    'platform',
    'Act as a user who has no role on the platform, for some minutes, audited with both names',
  ],
  'groups:read': ['platform', 'List groups and their members'],
  'groups:write': ['platform', 'Create, change and delete groups'],
  'platform-members:read': ['platform', 'List who has a role on the platform'],
  'platform-members:write': ['platform', 'Give and take roles on the platform'],
  'sessions:read': ['platform', "List everybody's sessions and tokens"],
  'sessions:write': ['platform', "End anybody's sessions and tokens"],
  'scim:read': ['platform', 'Read users and groups by SCIM'],
  'scim:write': ['platform', 'Provision users and groups by SCIM'],
  'clusters:read': ['platform', 'List clusters and their state'],
  'clusters:write': ['platform', 'Change clusters and their policies'],
  'namespaces:adopt': ['platform', 'Adopt namespaces that exist in a cluster'],
  'keys:rotate': ['platform', 'Rotate the keys that secrets are sealed with'],
} as const satisfies Readonly<Record<string, readonly [Level, string]>>;

export type Permission = keyof typeof catalogue;

/** The built-in roles of tenants and projects, the strongest first. */
export type Role = 'owner' | 'admin' | 'developer' | 'operator' | 'viewer';
/** The built-in roles of the platform. */
export type PlatformRole = 'admin' | 'auditor' | 'approver';

export const roles: readonly Role[] = ['owner', 'admin', 'developer', 'operator', 'viewer'];
export const platformRoles: readonly PlatformRole[] = ['admin', 'auditor', 'approver'];

export const isPermission = (text: string): text is Permission => Object.hasOwn(catalogue, text);
export const isRole = (text: string): text is Role => roles.some((role) => role === text);
export const isPlatformRole = (text: string): text is PlatformRole => platformRoles.some((role) => role === text);

export const allPermissions: readonly Permission[] = Object.keys(catalogue).filter(isPermission);
export const levelOf = (permission: Permission): Level => catalogue[permission][0];
export const describePermission = (permission: Permission): string => catalogue[permission][1];

/** Each role is listed by what it adds to the next smaller one. Logs are a viewer's on purpose: whoever watches needs them. */
const viewer = [
  'tenants:read',
  'members:read',
  'roles:read',
  'projects:read',
  'blueprints:read',
  'environments:read',
  'applications:read',
  'builds:read',
  'releases:read',
  'rollouts:read',
  'freezes:read',
  'config:read',
  'scaling:read',
  'domains:read',
  'pods:read',
  'logs:read',
  'events:read',
  'operations:read',
  'repositories:read',
  'policies:read',
  'quotas:read',
  'requests:read',
  'requests:write',
] as const satisfies readonly Permission[];

const operator = [
  ...viewer,
  'rollouts:write',
  'rollouts:promote',
  'rollouts:rollback',
  'scaling:write',
  'operations:write',
  'pods:exec',
] as const satisfies readonly Permission[];

const developer = [
  ...operator,
  'applications:write',
  'sources:write',
  'builds:write',
  'releases:write',
  'config:write',
  'secrets:write',
  'domains:write',
  'repositories:write',
  'workloads:write',
] as const satisfies readonly Permission[];

const admin = [
  ...developer,
  'members:write',
  'invitations:read',
  'invitations:write',
  'roles:write',
  'robots:read',
  'robots:write',
  'projects:write',
  'projects:delete',
  'blueprints:write',
  'environments:write',
  'environments:delete',
  'releases:override-freeze',
  'rollouts:force',
  'freezes:write',
  'applications:delete',
  'repositories:delete',
  'secrets:read',
  'policies:write',
  'quotas:write',
  'requests:approve',
  'requests:break-glass',
  'approval-policies:read',
  'approval-policies:write',
  'audit:read',
  'audit:export',
  'audit-rules:read',
  'audit-rules:write',
] as const satisfies readonly Permission[];

const owner = [...admin, 'tenants:write', 'owners:write'] as const satisfies readonly Permission[];

const toSet = (permissions: readonly Permission[]): ReadonlySet<Permission> => new Set(permissions);
const onProject = (permissions: readonly Permission[]) =>
  toSet(permissions.filter((permission) => levelOf(permission) === 'project'));

/** What a built-in role holds on a whole tenant. */
export const permissionsOfRole: Readonly<Record<Role, ReadonlySet<Permission>>> = {
  owner: toSet(owner),
  admin: toSet(admin),
  developer: toSet(developer),
  operator: toSet(operator),
  viewer: toSet(viewer),
};

/** What it holds on one project: the same, as far as it can be given there. */
export const permissionsOfRoleOnProject: Readonly<Record<Role, ReadonlySet<Permission>>> = {
  owner: onProject(owner),
  admin: onProject(admin),
  developer: onProject(developer),
  operator: onProject(operator),
  viewer: onProject(viewer),
};

/** Reads everything but what people keep to themselves: no secrets, and no logs. */
const auditor = [
  ...allPermissions.filter(
    (permission) => permission.endsWith(':read') && !['secrets:read', 'logs:read'].includes(permission),
  ),
  'audit:read-all',
  'audit:export',
] as const satisfies readonly Permission[];

const approver = [
  'tenants:read',
  'tenants:approve',
  'members:read',
  'projects:read',
  'blueprints:read',
  'environments:read',
  'applications:read',
  'releases:read',
  'rollouts:read',
  'freezes:read',
  'events:read',
  'operations:read',
  'policies:read',
  'quotas:read',
  'requests:read',
  'requests:approve',
  'approval-policies:read',
] as const satisfies readonly Permission[];

/** What a platform role holds, on the platform and in every tenant. */
export const permissionsOfPlatformRole: Readonly<Record<PlatformRole, ReadonlySet<Permission>>> = {
  admin: toSet(allPermissions),
  auditor: toSet(auditor),
  approver: toSet(approver),
};

/**
 * What nobody does in another's name: what shows or makes secrets and credentials, what consents for the other one, and what
 * changes who may do what.
 */
export const neverInAnothersName: ReadonlySet<Permission> = toSet([
  'secrets:read',
  'pods:exec',
  'robots:write',
  'audit-rules:write',
  'requests:approve',
  'requests:break-glass',
  'approval-policies:write',
  'members:write',
  'owners:write',
  'invitations:write',
  'roles:write',
]);

/** What a robot may be given: no power over people, roles, requests and other robots, and no secrets in the clear. */
export const robotPermissions = [
  'tenants:read',
  'projects:read',
  'environments:read',
  'applications:read',
  'applications:write',
  'sources:write',
  'builds:read',
  'builds:write',
  'releases:read',
  'releases:write',
  'rollouts:read',
  'rollouts:write',
  'rollouts:promote',
  'rollouts:rollback',
  'freezes:read',
  'config:read',
  'config:write',
  'secrets:write',
  'scaling:read',
  'scaling:write',
  'domains:read',
  'pods:read',
  'logs:read',
  'events:read',
  'operations:read',
  'repositories:read',
  'repositories:write',
  'repositories:delete',
  'workloads:write',
  'quotas:read',
] as const satisfies readonly Permission[];
