import type { IncomingMessage } from 'node:http';
import type { Store } from '../../store/index.js';
import { badRequest, forbidden } from '../api-error.js';
import { anonymous, authenticatedGroup, type User } from '../authentication.js';
import { isAllowed, refusalText } from '../authorization.js';
import { accountGroups } from './service-account.js';

const extraPrefix = 'impersonate-extra-';
const accountShape = /^system:serviceaccount:([^:]+):([^:]+)$/;

/** Who a request is to be judged as: what its `Impersonate-` headers say, for those who may. Throws 403. */
export function impersonated(store: Store, user: User, request: Pick<IncomingMessage, 'headers' | 'rawHeaders'>): User {
  // The usual request is told by a look at the names alone.
  if (!Object.keys(request.headers).some((each) => each.startsWith('impersonate-'))) return user;
  const headers = pairsOf(request.rawHeaders).filter(([key, value]) => key.startsWith('impersonate-') && value !== '');
  if (headers.length === 0) return user;
  const valuesOf = (name: string) => headers.filter(([key]) => key === name).map(([, value]) => value);
  const [name] = valuesOf('impersonate-user');
  const [uid] = valuesOf('impersonate-uid');
  const groups = valuesOf('impersonate-group');
  const extra: Record<string, string[]> = {};
  for (const [key, value] of headers)
    if (key.startsWith(extraPrefix)) {
      const decoded = decodeKey(key.slice(extraPrefix.length));
      extra[decoded] = [...(extra[decoded] ?? []), value];
    }
  if (name === undefined)
    throw badRequest('requested to impersonate a group, a uid or extra fields without impersonating a user');

  const check = (group: string, resource: string, target: string, namespace = '', subresource = '') => {
    const wanted = { verb: 'impersonate', group, resource, subresource, namespace, name: target };
    if (!isAllowed(store, user, wanted))
      throw forbidden({ group, plural: resource }, target, refusalText(user, wanted));
  };
  const account = accountShape.exec(name);
  const [, namespace = '', accountName = ''] = account ?? [];
  if (account) check('', 'serviceaccounts', accountName, namespace);
  else check('', 'users', name);
  for (const group of groups) check('', 'groups', group);
  for (const [key, values] of Object.entries(extra))
    for (const value of values) check('authentication.k8s.io', 'userextras', value, '', key);
  if (uid !== undefined) check('authentication.k8s.io', 'uids', uid);

  const own = groups.length > 0 ? groups : account ? accountGroups(namespace) : [];
  const implied = name === anonymous.name ? anonymous.groups : [authenticatedGroup];
  const isSaid = own.includes(authenticatedGroup) || own.some((each) => anonymous.groups.includes(each));
  return {
    name,
    groups: isSaid ? own : [...own, ...implied],
    ...(uid !== undefined && { uid }),
    ...(Object.keys(extra).length > 0 && { extra }),
  };
}

function pairsOf(rawHeaders: readonly string[]): [string, string][] {
  const pairs: [string, string][] = [];
  for (let index = 0; index + 1 < rawHeaders.length; index += 2)
    pairs.push([(rawHeaders[index] ?? '').toLowerCase(), rawHeaders[index + 1] ?? '']);
  return pairs;
}

function decodeKey(key: string): string {
  try {
    return decodeURIComponent(key);
  } catch {
    return key;
  }
}
