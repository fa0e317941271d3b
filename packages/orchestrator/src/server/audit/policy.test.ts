import { expect, test } from 'vitest';
import { requestInfoOf } from '../front/request-info.js';
import { compilePolicy, defaultPolicy, parseAuditPolicy } from './policy.js';

const infoOf = (method: string, url: string) => {
  const { pathname, searchParams } = new URL(url, 'https://localhost');
  return requestInfoOf(method, pathname, pathname.split('/').filter(Boolean), searchParams);
};
const user = { name: 'alice', groups: ['developers', 'system:authenticated'] };

test.each([
  ['POST', '/api/v1/namespaces/a/pods', 'Metadata'],
  ['GET', '/api/v1/namespaces/a/pods', 'None'],
  ['GET', '/api/v1/namespaces/a/secrets/x', 'None'],
  ['PUT', '/api/v1/namespaces/a/secrets/x', 'Metadata'],
  ['POST', '/api/v1/namespaces/a/serviceaccounts/x/token', 'Metadata'],
  ['POST', '/api/v1/namespaces/a/events', 'None'],
  ['PUT', '/apis/coordination.k8s.io/v1/namespaces/a/leases/x', 'None'],
  ['GET', '/api/v1/namespaces/a/pods/x/exec?command=sh', 'Metadata'],
  ['POST', '/apis/authorization.k8s.io/v1/selfsubjectaccessreviews', 'None'],
  ['GET', '/api/v1/pods?watch=true', 'None'],
  ['GET', '/openapi/v2', 'None'],
])('by default %s %s is noted at %s', (method, url, level) => {
  expect(compilePolicy(defaultPolicy).decide(user, infoOf(method, url)).level).toBe(level);
});

const policy = parseAuditPolicy(`
apiVersion: audit.k8s.io/v1
kind: Policy
omitStages: [RequestReceived]
omitManagedFields: true
rules:
  - level: None
    users: [bob]
  - level: Request
    userGroups: [developers]
    verbs: [patch]
    resources:
      - group: apps
        resources: [deployments, '*/scale']
  - level: RequestResponse
    namespaces: [prod]
    resources:
      - group: ''
        resources: ['pods/*']
      - group: ''
        resources: [configmaps]
        resourceNames: [settings]
    omitStages: [ResponseStarted]
    omitManagedFields: false
  - level: Metadata
    nonResourceURLs: [/healthz*, /version]
`);

test.each([
  ['alice', 'PATCH', '/apis/apps/v1/namespaces/x/deployments/a', 'Request'],
  ['alice', 'PATCH', '/apis/apps/v1/namespaces/x/statefulsets/a/scale', 'Request'],
  ['alice', 'PATCH', '/apis/apps/v1/namespaces/x/deployments/a/status', 'None'],
  ['bob', 'PATCH', '/apis/apps/v1/namespaces/x/deployments/a', 'None'],
  ['alice', 'GET', '/api/v1/namespaces/prod/pods/a/log', 'RequestResponse'],
  ['alice', 'GET', '/api/v1/namespaces/prod/pods/a', 'None'],
  ['alice', 'GET', '/api/v1/namespaces/prod/configmaps/settings', 'RequestResponse'],
  ['alice', 'GET', '/api/v1/namespaces/prod/configmaps/other', 'None'],
  ['alice', 'GET', '/healthz/ping', 'Metadata'],
  ['alice', 'GET', '/version', 'Metadata'],
  ['alice', 'GET', '/version/more', 'None'],
])('%s %s %s is noted at %s', (name, method, url, level) => {
  expect(policy.decide({ ...user, name }, infoOf(method, url)).level).toBe(level);
});

test('stages and managed fields are left out as the policy and the rule say', () => {
  const { omitStages, omitManagedFields } = policy.decide(user, infoOf('GET', '/api/v1/namespaces/prod/pods/a/log'));
  expect([...omitStages]).toEqual(['RequestReceived', 'ResponseStarted']);
  expect(omitManagedFields).toBe(false);
  expect(policy.decide(user, infoOf('GET', '/version')).omitManagedFields).toBe(true);
});

test.each([
  ['[', 'cannot be read'],
  ['- a', 'is no object'],
  ['apiVersion: v1\nkind: Policy', 'write apiVersion audit.k8s.io/v1 and kind Policy'],
  ['apiVersion: audit.k8s.io/v1\nkind: Policy', 'has no rules'],
  ['apiVersion: audit.k8s.io/v1\nkind: Policy\nrules: [{ level: All }]', 'rules[0].level of the audit policy is "All"'],
])('a policy that is none is refused: %j', (text, message) => {
  expect(() => parseAuditPolicy(text)).toThrow(message);
});
