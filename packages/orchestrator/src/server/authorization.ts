import type { Store } from '../store/index.js';
import type { User } from './authentication.js';
import { nodeMay, nodeOf } from './authorization/node.js';
import { rbacOf } from './authorization/rbac.js';

/** What is asked for: a resource, or with `path` something that is none. */
export interface Attributes {
  verb: string;
  group: string;
  resource: string;
  subresource: string;
  namespace: string;
  name: string;
  path?: string;
  /** What the objects of a collection must be: `spec.nodeName=a`. */
  fieldSelector?: string;
}

/** May do anything, whatever the roles say: the cluster's administrators and Slipway's own processes. */
const privileged = 'system:masters';

/** Allowed by a privileged group, as a node for what is the node's, or by a role bound to the user. */
export function isAllowed(store: Store, user: User, wanted: Attributes): boolean {
  if (user.groups.includes(privileged)) return true;
  const node = nodeOf(user);
  if (node !== undefined && nodeMay(store, node, wanted)) return true;
  return rbacOf(store).isAllowed(user, wanted);
}

/** Whether a user is above the roles. */
export const isPrivileged = (user: User) => user.groups.includes(privileged);

export function refusalText(user: User, wanted: Attributes): string {
  if (wanted.path !== undefined)
    return `User ${JSON.stringify(user.name)} cannot ${wanted.verb} path ${JSON.stringify(wanted.path)}`;
  const resource = wanted.subresource === '' ? wanted.resource : `${wanted.resource}/${wanted.subresource}`;
  const where =
    wanted.namespace === '' ? 'at the cluster scope' : `in the namespace ${JSON.stringify(wanted.namespace)}`;
  return `User ${JSON.stringify(user.name)} cannot ${wanted.verb} resource ${JSON.stringify(resource)} in API group ${JSON.stringify(wanted.group)} ${where}`;
}
