import {
  allPermissions,
  describePermission,
  type Level,
  levelOf,
  permissionsOfPlatformRole,
  permissionsOfRole,
  permissionsOfRoleOnProject,
  platformRoles,
  roles,
} from './permissions.js';

const levels: readonly (readonly [Level, string, string])[] = [
  ['project', 'In projects', 'Can be given on one project, on a whole tenant, and on the platform.'],
  [
    'tenant',
    'In tenants',
    'Can be given on a whole tenant, and on the platform. A role on a project does not hold it.',
  ],
  ['platform', 'On the platform', 'Can be given on the platform only.'],
];
const columns = [...roles, ...platformRoles.map((role) => `platform ${role}`)];

/** docs/access.md: which built-in role holds which permission, made from the tables that the guard asks. */
export function renderAccessPage(): string {
  const sections = levels.flatMap(([level, title, text]) => [
    '',
    `## ${title}`,
    '',
    text,
    '',
    toLine(['Permission', 'Allows', ...columns]),
    toLine(Array.from({ length: columns.length + 2 }, (_, index) => (index < 2 ? '---' : ':-:'))),
    ...allPermissions.filter((permission) => levelOf(permission) === level).map(toRow),
  ]);
  return [...intro, ...sections, ''].join('\n');
}

const intro = [
  '# Permissions and roles',
  '',
  'A permission is `resource:verb`; a role is a named set of them; a binding gives a role to a user or group on the platform, on a',
  'tenant or on one project, for ever or until a time. Every route names the permission that it needs (`x-permission` in the OpenAPI',
  'document). This page is generated from the tables that the platform itself asks.',
  '',
  '- **owner**, **admin**, **developer**, **operator** and **viewer** are given on a tenant or on one project. On a project they hold what',
  '  the first table below says, and nothing of the second.',
  '- **platform admin**, **platform auditor** and **platform approver** are given on the platform and count in every tenant.',
  '- Custom roles are made with `slipway roles create` or under Access in the portal. Nobody can put into a role, give or take away what he',
  '  lacks himself; owners are made and unmade by owners; a tenant keeps at least one owner who is a user and has no end.',
  '- Why somebody may or may not do something: `slipway access explain <permission> --user <name>`, or Access → Explain in the portal.',
];

function toRow(permission: (typeof allPermissions)[number]): string {
  const inTenant = levelOf(permission) === 'project' ? permissionsOfRoleOnProject : permissionsOfRole;
  const held = [
    ...roles.map((role) => inTenant[role].has(permission)),
    ...platformRoles.map((role) => permissionsOfPlatformRole[role].has(permission)),
  ];
  return toLine([`\`${permission}\``, describePermission(permission), ...held.map((is) => (is ? '●' : ''))]);
}

const toLine = (cells: readonly string[]): string => `| ${cells.join(' | ')} |`;
