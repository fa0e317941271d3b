import { defineErrors } from '../kernel/errors/errors.js';

export const fail = defineErrors({
  'member-not-found': {
    status: 404,
    title: 'There is no such member here.',
    remedy: 'List the members, and check the user or group name.',
  },
  'member-exists': {
    status: 409,
    title: 'This user or group is a member already.',
    remedy: 'Change the role of the member instead.',
  },
  'member-ambiguous': {
    status: 409,
    title: 'This user or group has more than one role here.',
    remedy: 'List the members, and name the role by its id.',
  },
  'last-owner': {
    status: 409,
    title: 'A tenant must keep at least one owner, who is a user and stays one without an end.',
    remedy: 'Make somebody else an owner first.',
  },
  'last-administrator': {
    status: 409,
    title: 'The platform must keep at least one administrator, who is not disabled and stays one without an end.',
    remedy: 'Make somebody else an administrator first.',
  },
  'role-not-found': {
    status: 404,
    title: 'There is no such role.',
    remedy: 'List the roles, and check the name.',
  },
  'role-unknown': {
    status: 422,
    title: 'No role of this name can be given here.',
    remedy: 'List the roles, and check the name.',
  },
  'role-name-taken': { status: 409, title: 'Another role has this name.', remedy: 'Choose another name.' },
  'role-name-reserved': { status: 422, title: 'A built-in role has this name.', remedy: 'Choose another name.' },
  'role-is-built-in': {
    status: 409,
    title: 'Built-in roles cannot be changed here, nor those of the platform in a tenant.',
    remedy: 'Make a role of your own with the permissions you want.',
  },
  'role-in-use': {
    status: 409,
    title: 'Members have this role.',
    remedy: 'Give them another role first.',
  },
  'role-limit': {
    status: 422,
    title: 'There cannot be more custom roles here.',
    remedy: 'Delete roles that nobody has.',
  },
  'permission-not-yours': {
    status: 403,
    title: 'Nobody gives or changes what exceeds his own permissions.',
    remedy: 'Ask somebody who has the permissions named in `detail`.',
  },
  'permission-not-here': {
    status: 422,
    title: 'A permission of the platform cannot be part of a tenant’s role.',
    remedy: 'Leave out the permissions named in `detail`.',
  },
  'expiry-past': { status: 422, title: 'The time when the role ends is over.', remedy: 'Name a time to come.' },
});
