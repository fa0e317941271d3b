import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, inject, test } from 'vitest';
import { eventually } from '../support/eventually.js';
import { askGateway } from '../support/gateway.js';
import { callApi, createPerson, createToken, type Person } from '../support/people.js';
import { checkout, uniqueName } from '../support/slipway.js';

const sample = join(checkout, 'docs/samples/hello');
const setupMilliseconds = 60_000;

let asker: Person;
let approver: Person;

// No Keycloak could be had, and so no platform with one.
const hasPlatform = inject('keycloak') !== undefined;

beforeAll(async () => {
  asker = await createPerson(uniqueName('asker'));
  approver = await createPerson(uniqueName('approver'), { approver: true });
});
afterAll(async () => {
  await Promise.all([asker?.slipway.dispose(), approver?.slipway.dispose()]);
});

interface Request {
  readonly id: string;
  readonly state: string;
}

async function deployHello(person: Person, tenant: string): Promise<void> {
  await person.slipway.run('context', 'use', `${tenant}/shop`);
  const { exit, stdout, stderr } = await person.slipway.try([
    'deploy',
    sample,
    '--create',
    '--environment',
    'production',
  ]);
  expect(exit, stderr).toBe(0);
  const answer = await askGateway({ port: inject('gatewayPort'), url: stdout.trim() });
  expect(answer).toMatchObject({ status: 200, body: expect.stringContaining('Hello from Slipway') });
}

describe.runIf(hasPlatform)('a new tenant, from the request to an application that runs', () => {
  test('by the API', async () => {
    const tenant = uniqueName('api');
    const [ofAsker, ofApprover] = await Promise.all([createToken(asker.slipway), createToken(approver.slipway)]);
    const payload = { name: tenant, purpose: 'Sells things.', projects: [{ name: 'shop', blueprint: 'web-team' }] };
    const asked = await callApi(ofAsker, 'POST', '/requests', { kind: 'tenant', payload, reason: 'A new shop.' });
    expect(asked).toMatchObject({ status: 201, body: { state: 'pending' } });
    const { id } = asked.body as Request;
    expect((await callApi(ofAsker, 'POST', `/requests/${id}/approve`, {})).status).toBe(403);
    expect((await callApi(ofAsker, 'GET', `/tenants/${tenant}`)).status).toBe(404);
    expect(await callApi(ofApprover, 'POST', `/requests/${id}/approve`, { comment: 'Go.' })).toMatchObject({
      body: { state: 'approved' },
    });
    const since = Date.now();
    await eventually(async () =>
      expect((await callApi(ofAsker, 'GET', `/requests/${id}/setup`)).body).toMatchObject({ state: 'succeeded' }),
    );
    expect(Date.now() - since).toBeLessThan(setupMilliseconds);
    expect((await callApi(ofAsker, 'GET', `/tenants/${tenant}`)).body).toMatchObject({
      state: 'active',
      myRole: 'owner',
    });
    await deployHello(asker, tenant);
  });

  test('by the command line', async () => {
    const tenant = uniqueName('cli');
    const { slipway } = asker;
    const { id, state } = (await slipway.json(
      ...['tenants', 'request', tenant, '--purpose', 'Sells things.', '--first', 'shop=web-team'],
    )) as Request;
    expect(state).toBe('pending');
    expect(await approver.slipway.json('requests', 'list', '--view', 'to-decide')).toContainEqual(
      expect.objectContaining({ id }),
    );
    await approver.slipway.run('requests', 'approve', id, '--comment', 'Go.');
    await eventually(async () =>
      expect(await slipway.json('tenants', 'get', tenant)).toMatchObject({ state: 'active' }),
    );
    await deployHello(asker, tenant);
  });
});
