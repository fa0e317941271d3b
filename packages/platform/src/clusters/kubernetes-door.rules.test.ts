import { describe, expect, it } from 'vitest';
import { classifyRequest, narrowToTenants } from './kubernetes-door.rules.js';

describe('classifyRequest', () => {
  it.each([
    ['GET', '/version', 'api'],
    ['GET', '/api', 'api'],
    ['GET', '/apis/apps/v1', 'api'],
    ['GET', '/openapi/v3/apis/apps/v1', 'api'],
    ['GET', '/api/v1/namespaces', 'namespaces'],
    ['POST', '/api/v1/namespaces', 'cluster'],
    ['GET', '/api/v1/pods', 'cluster'],
    ['GET', '/api/v1/nodes/n', 'cluster'],
    ['POST', '/apis/authorization.k8s.io/v1/selfsubjectaccessreviews', 'cluster'],
    ['GET', '/metrics', 'cluster'],
    ['GET', '/', 'cluster'],
  ])('%s %s is about: %s', (method, path, about) => {
    expect(classifyRequest(method, path)?.about).toBe(about);
  });

  it.each([
    ['GET', '/api/v1/namespaces/ns', 'environments:read'],
    ['DELETE', '/api/v1/namespaces/ns', 'never'],
    ['GET', '/api/v1/namespaces/ns/pods', 'pods:read'],
    ['GET', '/api/v1/namespaces/ns/pods/p/log', 'logs:read'],
    ['GET', '/api/v1/namespaces/ns/pods/p/exec', 'pods:exec'],
    ['POST', '/api/v1/namespaces/ns/pods/p/portforward', 'pods:exec'],
    ['GET', '/api/v1/namespaces/ns/secrets', 'secrets:read'],
    ['PUT', '/api/v1/namespaces/ns/secrets/s', 'secrets:read'],
    ['PATCH', '/apis/apps/v1/namespaces/ns/deployments/d/scale', 'workloads:write'],
    ['POST', '/api/v1/namespaces/ns/serviceaccounts/default/token', 'never'],
    ['POST', '/apis/rbac.authorization.k8s.io/v1/namespaces/ns/rolebindings', 'never'],
  ])('%s %s needs %s', (method, path, permission) => {
    expect(classifyRequest(method, path)).toMatchObject({ about: 'namespace', namespace: 'ns', permission });
  });

  it.each([
    '/api/v1/namespaces/a/../b/pods',
    '/api/v1/namespaces/a%2f..%2fb/pods',
    '/api/v1/namespaces/%2e%2e/pods',
    '/api/%zz',
  ])('refuses the trick %s', (path) => expect(classifyRequest('GET', path)).toBeUndefined());
});

describe('narrowToTenants', () => {
  it('keeps the selector that was asked for', () => {
    const query = new URLSearchParams(narrowToTenants('?watch=1&labelSelector=a%3Db', ['acme', 'beta']));
    expect(query.get('labelSelector')).toBe('a=b,slipway.dev/tenant in (acme,beta)');
    expect(query.get('watch')).toBe('1');
  });

  it('matches nothing without a tenant', () => {
    expect(narrowToTenants('', [])).toContain('no.tenant');
  });
});
