import { timingSafeEqual } from 'node:crypto';
import { objectAt, stringAt } from '../../kinds/index.js';
import type { Store } from '../../store/index.js';
import { authenticatedGroup, type User } from '../authentication.js';
import { asJson } from '../registry.js';

const shape = /^([a-z0-9]{6})\.([a-z0-9]{16})$/;
const groupShape = /^system:bootstrappers:[a-z0-9:-]{0,255}[a-z0-9]$/;

/** The user of a bootstrap token, which a Secret `bootstrap-token-<id>` in kube-system holds; undefined when it is not valid. */
export function userOfBootstrapToken(store: Store, token: string, now: number): User | undefined {
  const [, id = '', secret = ''] = shape.exec(token) ?? [];
  if (id === '') return undefined;
  const found = store.get('secrets', 'kube-system', `bootstrap-token-${id}`);
  if (!found || found.value.metadata.deletionTimestamp !== undefined) return undefined;
  const object = asJson(found.value);
  if (object.type !== 'bootstrap.kubernetes.io/token') return undefined;
  const read = (key: string) => Buffer.from(stringAt(objectAt(object, 'data'), key), 'base64').toString();
  if (read('token-id') !== id || !isSecret(read('token-secret'), secret)) return undefined;
  if (read('usage-bootstrap-authentication') !== 'true') return undefined;
  const expiration = read('expiration');
  // A time that cannot be read is a time that has passed.
  if (expiration !== '' && !(Date.parse(expiration) > now)) return undefined;
  const extra = read('auth-extra-groups');
  const groups = extra === '' ? [] : extra.split(',').map((each) => each.trim());
  if (!groups.every((each) => groupShape.test(each))) return undefined;
  return { name: `system:bootstrap:${id}`, groups: ['system:bootstrappers', ...groups, authenticatedGroup] };
}

function isSecret(known: string, given: string): boolean {
  const [a, b] = [Buffer.from(known), Buffer.from(given)];
  return a.length === b.length && timingSafeEqual(a, b);
}
