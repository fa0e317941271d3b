import { describe, expect, it } from 'vitest';
import { classifyRequest, narrow, ours, toSession } from './kubernetes-door.rules.js';

describe('classifyRequest', () => {
  it.each([
    ['GET', '/version', 'api'],
    ['GET', '/api', 'api'],
    ['GET', '/apis/apps/v1', 'api'],
    ['GET', '/openapi/v3/apis/apps/v1', 'api'],
    ['GET', '/api/v1/namespaces', 'namespaces'],
    ['POST', '/api/v1/namespaces', 'cluster'],
    ['GET', '/api/v1/pods', 'everywhere'],
    ['DELETE', '/api/v1/pods', 'cluster'],
    ['GET', '/api/v1/nodes', 'cluster'],
    ['GET', '/api/v1/nodes/n', 'cluster'],
    ['GET', '/api/v1/watch/namespaces/ns/pods', 'cluster'],
    ['POST', '/apis/authorization.k8s.io/v1/selfsubjectaccessreviews', 'review'],
    ['POST', '/apis/authentication.k8s.io/v1/selfsubjectreviews', 'review'],
    ['POST', '/apis/authorization.k8s.io/v1/subjectaccessreviews', 'cluster'],
    ['GET', '/metrics', 'cluster'],
    ['GET', '/', 'cluster'],
  ])('%s %s is about: %s', (method, path, about) => {
    expect(classifyRequest(method, path)?.about).toBe(about);
  });

  it.each([
    ['GET', '/api/v1/namespaces/ns', ['environments:read']],
    ['DELETE', '/api/v1/namespaces/ns', 'never'],
    ['PUT', '/api/v1/namespaces/ns/finalize', 'never'],
    ['PATCH', '/api/v1/namespaces/ns/status', 'never'],
    ['GET', '/api/v1/namespaces/ns/pods', ['pods:read']],
    ['GET', '/api/v1/namespaces/ns/pods/p/log', ['logs:read']],
    ['GET', '/api/v1/namespaces/ns/pods/p/exec', ['pods:exec']],
    ['POST', '/api/v1/namespaces/ns/pods/p/portforward', ['pods:exec']],
    ['GET', '/api/v1/namespaces/ns/pods/p/proxy/any/path', ['pods:exec']],
    ['GET', '/api/v1/namespaces/ns/secrets', ['secrets:read']],
    ['PUT', '/api/v1/namespaces/ns/secrets/s', ['secrets:read', 'workloads:write']],
    ['PATCH', '/apis/apps/v1/namespaces/ns/deployments/d/scale', ['scaling:write']],
    ['PATCH', '/apis/apps/v1/namespaces/ns/deployments/d', ['workloads:write']],
    ['POST', '/api/v1/namespaces/ns/serviceaccounts/default/token', 'never'],
    ['POST', '/apis/rbac.authorization.k8s.io/v1/namespaces/ns/rolebindings', 'never'],
  ])('%s %s needs %s', (method, path, need) => {
    expect(classifyRequest(method, path)).toMatchObject({ about: 'namespace', namespace: 'ns', need });
  });

  it('names the pod of a session', () => {
    expect(classifyRequest('POST', '/api/v1/namespaces/ns/pods/p/exec')).toMatchObject({
      resource: 'pods/exec',
      name: 'p',
      isSession: true,
      isWrite: true,
    });
  });

  it.each([
    '/api/v1/namespaces/a/../b/pods',
    '/api/v1/namespaces/a%2f..%2fb/pods',
    '/api/v1/namespaces/%2e%2e/pods',
    '/api/%zz',
  ])('refuses the trick %s', (path) => expect(classifyRequest('GET', path)).toBeUndefined());
});

describe('narrow', () => {
  const selector = (text: string) => new URLSearchParams(text).get('labelSelector');

  it('keeps the selector that was asked for, behind its own', () => {
    const query = new URLSearchParams(
      narrow('?watch=1&labelSelector=a%3Db', { key: ours.tenantId, values: ['t1', 't2'] }),
    );
    expect(query.get('labelSelector')).toBe('slipway.dev/environment,slipway.dev/tenant-id in (t1,t2),a=b');
    expect(query.get('watch')).toBe('1');
  });

  it('leaves no second selector beside its own', () => {
    const text = narrow('?labelSelector=a%3Db&labelSelector=c%3Dd', 'all');
    expect(new URLSearchParams(text).getAll('labelSelector')).toEqual(['slipway.dev/environment,a=b']);
  });

  it('matches nothing where there is nothing to see', () => {
    expect(selector(narrow('', { key: ours.projectId, values: [] }))).toContain('in (nothing.to.see)');
  });
});

describe('toSession', () => {
  it.each([
    [
      { resource: 'pods/exec', name: 'web' },
      'POST',
      '?container=app&command=sh&command=-c&command=id',
      { action: 'pod.exec', after: { pod: 'web', container: 'app', command: 'sh -c id' } },
    ],
    [{ resource: 'pods/log', name: 'web' }, 'GET', '', { action: 'pod.log', after: { pod: 'web' } }],
    [{ resource: 'secrets', name: 'key' }, 'GET', '', { action: 'secret.read', after: { name: 'key' } }],
    [{ resource: 'secrets', name: 'key' }, 'DELETE', '', undefined],
    [{ resource: 'services/proxy', name: 'web' }, 'GET', '', { action: 'service.proxy', after: { service: 'web' } }],
    [{ resource: 'pods', name: 'web' }, 'GET', '', undefined],
  ])('of %o by %s%s notes %o', (request, method, search, noted) => {
    expect(toSession(request, method, search)).toEqual(noted);
  });
});
