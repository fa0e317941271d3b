import { kindDefinitions } from '@slipway/orchestrator/kinds';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type Permission, permissionsOfRole, roles } from '../kernel/access/permissions.js';
import { capabilities, type KubeRule, needOf, toGroups, toRules } from './kube-permissions.rules.js';
import { classifyRequest } from './kubernetes-door.rules.js';

interface Call {
  readonly method: string;
  readonly verb: string;
  readonly group: string;
  readonly resource: string;
  readonly path: string;
}

const connect: Record<string, readonly string[]> = {
  pods: ['log', 'exec', 'attach', 'portforward', 'proxy', 'binding', 'eviction', 'resize', 'ephemeralcontainers'],
  services: ['proxy'],
  serviceaccounts: ['token'],
};

/** Every request that there is about a thing in a namespace, of every kind that the API server has. */
const calls: readonly Call[] = kindDefinitions
  .filter((kind) => kind.type.namespaced)
  .flatMap(({ type, subresources }) => {
    const root = type.group === '' ? `/api/${type.version}` : `/apis/${type.group}/${type.version}`;
    const collection = `${root}/namespaces/ns/${type.plural}`;
    const call = (method: string, verb: string, path: string, sub = ''): Call => {
      const resource = sub === '' ? type.plural : `${type.plural}/${sub}`;
      return { method, verb, group: type.group, resource, path };
    };
    const subs = new Set([...subresources.map(({ name }) => name), ...(connect[type.plural] ?? [])]);
    return [
      call('GET', 'list', collection),
      call('GET', 'watch', `${collection}?watch=1`),
      call('POST', 'create', collection),
      call('DELETE', 'deletecollection', collection),
      call('GET', 'get', `${collection}/x`),
      call('PUT', 'update', `${collection}/x`),
      call('PATCH', 'patch', `${collection}/x`),
      call('DELETE', 'delete', `${collection}/x`),
      ...[...subs].flatMap((sub) => [
        call('GET', 'get', `${collection}/x/${sub}`, sub),
        call('POST', 'create', `${collection}/x/${sub}`, sub),
        call('PUT', 'update', `${collection}/x/${sub}`, sub),
        call('PATCH', 'patch', `${collection}/x/${sub}`, sub),
      ]),
    ];
  });

const grants = (rules: readonly KubeRule[], { group, resource, verb }: Call): boolean =>
  rules.some(
    (rule) => rule.apiGroups.includes(group) && rule.resources.includes(resource) && rule.verbs.includes(verb),
  );

function admits(held: ReadonlySet<Permission>, { method, path }: Call): boolean {
  const request = classifyRequest(method, path.split('?')[0] ?? '');
  if (request?.about !== 'namespace') throw new Error(`${method} ${path} is not about a namespace`);
  return request.need !== 'never' && request.need.every((permission) => held.has(permission));
}

describe('the door and the ClusterRoles', () => {
  it.each(roles)('agree on every request of the role %s', (role) => {
    const held = new Set(permissionsOfRole[role]);
    const rules = toRules(held);
    expect(calls.length).toBeGreaterThan(300);
    for (const call of calls) {
      // Verbs that no resource of the kind has are refused by the server, whoever asks.
      const isVerb = !call.resource.includes('/') || isVerbOfSubresource(call);
      if (isVerb) expect(grants(rules, call), `${call.verb} ${call.group}/${call.resource}`).toBe(admits(held, call));
    }
  });

  it('agree for every set of permissions', () => {
    const relevant = [...new Set(capabilities.flatMap(({ needs }) => needs))];
    fc.assert(
      fc.property(fc.subarray(relevant), fc.constantFrom(...calls), (permissions, call) => {
        if (call.resource.includes('/') && !isVerbOfSubresource(call)) return;
        const held = new Set(permissions);
        expect(grants(toRules(held), call)).toBe(admits(held, call));
      }),
      { numRuns: 2000 },
    );
  });

  it('agree when the permissions are said by groups', () => {
    const relevant = [...new Set(capabilities.flatMap(({ needs }) => needs))];
    fc.assert(
      fc.property(fc.subarray(relevant), fc.constantFrom(...calls), (permissions, call) => {
        const groups = toGroups('scope', permissions);
        const rules = capabilities.filter(({ name }) => groups.includes(`slipway:scope:can-${name}`));
        const byGroups = rules.some(({ needs }) => grants(toRules(needs), call));
        expect(byGroups).toBe(grants(toRules(permissions), call));
      }),
      { numRuns: 2000 },
    );
  });
});

describe('needOf', () => {
  it('lets nobody but the platform change what bounds a tenant', () => {
    for (const [group, resource] of [
      ['', 'resourcequotas'],
      ['', 'limitranges'],
      ['', 'serviceaccounts'],
      ['', 'serviceaccounts/token'],
      ['', 'endpoints'],
      ['', 'namespaces/finalize'],
      ['', 'pods/binding'],
      ['discovery.k8s.io', 'endpointslices'],
      ['networking.k8s.io', 'networkpolicies'],
      ['rbac.authorization.k8s.io', 'rolebindings'],
      ['authorization.k8s.io', 'localsubjectaccessreviews'],
    ] as const) {
      expect(needOf(group, resource, false), resource).toBe('never');
    }
  });

  it('leaves kinds that it does not know to the cluster’s own roles', () => {
    expect(needOf('example.com', 'things', true)).toEqual(['pods:read']);
    expect(toRules(permissionsOfRole.owner).some((rule) => rule.apiGroups.includes('example.com'))).toBe(false);
  });
});

/** Log and eviction have one verb each; sessions are begun by GET and POST. */
function isVerbOfSubresource({ resource, verb }: Call): boolean {
  if (resource.endsWith('/eviction')) return verb === 'create';
  if (resource.endsWith('/log')) return verb === 'get';
  return true;
}
