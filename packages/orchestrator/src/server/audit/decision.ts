import type { IncomingMessage } from 'node:http';
import type { Store } from '../../store/index.js';
import type { User } from '../authentication.js';
import { rbacOf } from '../authorization/rbac.js';
import { isPrivileged } from '../authorization.js';
import type { RequestInfo } from '../front/request-info.js';
import { trailOf } from './auditor.js';

const decision = 'authorization.k8s.io/decision';
const reason = 'authorization.k8s.io/reason';

/** Runs a check that throws when a request may not be made, and notes what it said. */
export function noted(store: Store, request: IncomingMessage, user: User, info: RequestInfo, check: () => void): void {
  const trail = trailOf(request);
  if (!trail) {
    check();
    return;
  }
  try {
    check();
  } catch (error) {
    trail.annotate(decision, 'forbid');
    trail.annotate(reason, '');
    throw error;
  }
  trail.annotate(decision, 'allow');
  trail.annotate(reason, reasonOf(store, user, info));
}

const known = new WeakMap<object, WeakMap<User, Map<string, string>>>();
const reasonsKept = 1_000;

function reasonOf(store: Store, user: User, info: RequestInfo): string {
  if (isPrivileged(user)) return '';
  const index = rbacOf(store);
  let ofIndex = known.get(index);
  if (!ofIndex) {
    ofIndex = new WeakMap();
    known.set(index, ofIndex);
  }
  let ofUser = ofIndex.get(user);
  if (!ofUser) {
    ofUser = new Map();
    ofIndex.set(user, ofUser);
  }
  const { verb, group, resource, subresource, namespace, name, isResource, pathname } = info;
  const key = `${verb} ${group} ${resource}/${subresource} ${namespace} ${isResource ? name : pathname}`;
  let text = ofUser.get(key);
  if (text === undefined) {
    const wanted = { verb, group, resource, subresource, namespace, name, ...(!isResource && { path: pathname }) };
    const origin = index.findOrigin(user, wanted);
    text = origin === undefined ? '' : `RBAC: allowed by ${origin}`;
    if (ofUser.size >= reasonsKept) ofUser.clear();
    ofUser.set(key, text);
  }
  return text;
}
