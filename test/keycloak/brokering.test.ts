import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { type Browser, chromium } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, inject, test } from 'vitest';
import { findKeycloak, keycloakRealm } from '../support/keycloak.js';
import { startDirectory } from '../support/ldap-directory.js';
import { checkout } from '../support/slipway.js';

const keycloak = findKeycloak();
const password = 'A-long-enough-password-1';

/** A file of infra/keycloak with its placeholders filled in. */
function fill(name: string, values: Readonly<Record<string, string>>): unknown {
  const text = readFileSync(join(checkout, 'infra/keycloak', name), 'utf8');
  return JSON.parse(text.replace(/\$\{(\w+)\}/g, (_, key: string) => values[key] ?? `missing ${key}`));
}

describe.runIf(keycloak)('users from elsewhere', () => {
  if (!keycloak) return;
  const apiUrl = inject('apiUrl');
  const realm = `/admin/realms/${keycloakRealm}`;
  const groupsOf = (token: string) =>
    (JSON.parse(Buffer.from(token.split('.')[1] ?? '', 'base64url').toString()) as { groups?: string[] }).groups;

  test('an LDAP directory gives users and their groups by the configuration that is shipped', async () => {
    const directory = await startDirectory({ user: 'lena', password, group: 'payments-developers' });
    try {
      const values = {
        LDAP_URL: directory.url,
        LDAP_BIND_DN: directory.administrator,
        LDAP_BIND_PASSWORD: directory.password,
        LDAP_USERS_DN: directory.usersDn,
        LDAP_GROUPS_DN: directory.groupsDn,
      };
      const id = String(await keycloak.admin('POST', `${realm}/components`, fill('ldap.json', values)));
      const mapper = fill('ldap-groups.json', { ...values, LDAP_COMPONENT_ID: id });
      await keycloak.admin('POST', `${realm}/components`, mapper);
      expect(await keycloak.admin('POST', `${realm}/user-storage/${id}/sync?action=triggerFullSync`)).toMatchObject({
        added: 1,
        failed: 0,
      });
      const { access_token } = await keycloak.signIn('lena', password);
      expect(groupsOf(access_token)).toEqual(['payments-developers']);
      const me = await fetch(`${apiUrl}/api/v1/me`, { headers: { authorization: `Bearer ${access_token}` } });
      expect(await me.json()).toMatchObject({ username: 'lena', email: 'lena@example.test' });
      await keycloak.admin('DELETE', `${realm}/components/${id}`);
    } finally {
      await directory.stop();
    }
  });

  describe('a SAML identity provider', () => {
    const partner = '/admin/realms/partner';
    const url = inject('keycloak')?.url ?? '';
    let browser: Browser;

    beforeAll(async () => {
      browser = await chromium.launch({ executablePath: '/usr/bin/chromium', args: ['--no-sandbox', '--disable-gpu'] });
      const names = { firstName: 'Pat', lastName: 'Ner', email: 'pat@partner.test', emailVerified: true };
      const credentials = [{ type: 'password', value: password, temporary: false }];
      const user = { username: 'pat', enabled: true, ...names, credentials, groups: ['operators'] };
      await keycloak.admin('POST', '/admin/realms', {
        realm: 'partner',
        enabled: true,
        groups: [{ name: 'operators' }],
        users: [user],
      });
      const file = fill('saml.json', { SAML_ALIAS: 'partner', SAML_DISPLAY_NAME: 'Partner' }) as { config: object };
      const imported = (await keycloak.admin('POST', `${realm}/identity-provider/import-config`, {
        providerId: 'saml',
        fromUrl: `${url}/realms/partner/protocol/saml/descriptor`,
      })) as object;
      const provider = { ...file, config: { ...imported, ...file.config } };
      await keycloak.admin('POST', `${realm}/identity-provider/instances`, provider);
      await keycloak.admin('POST', `${realm}/groups`, { name: 'operators' });
      for (const mapper of fill('saml-mappers.json', {}) as object[])
        await keycloak.admin('POST', `${realm}/identity-provider/instances/partner/mappers`, {
          ...mapper,
          identityProviderAlias: 'partner',
        });
      // The other side: its client for us, from the metadata that ours publishes.
      const descriptor = await fetch(`${url}/realms/${keycloakRealm}/broker/partner/endpoint/descriptor`);
      const client = (await keycloak.admin(
        'POST',
        `${partner}/client-description-converter`,
        await descriptor.text(),
      )) as object;
      const attribute = (name: string) => ({
        name,
        protocol: 'saml',
        protocolMapper: 'saml-user-property-mapper',
        config: { 'user.attribute': name, 'attribute.name': name, 'attribute.nameformat': 'Basic' },
      });
      const groups = {
        name: 'groups',
        protocol: 'saml',
        protocolMapper: 'saml-group-membership-mapper',
        config: { 'attribute.name': 'groups', 'attribute.nameformat': 'Basic', single: 'true', 'full.path': 'false' },
      };
      const protocolMappers = [...['email', 'firstName', 'lastName'].map(attribute), groups];
      await keycloak.admin('POST', `${partner}/clients`, { ...client, enabled: true, protocolMappers });
    });
    afterAll(() => browser?.close());

    test('signs a user in to the portal, with the groups it tells', async () => {
      const page = await (await browser.newContext({ locale: 'en-US' })).newPage();
      await page.goto(`${inject('portalUrl')}/me`);
      await page.getByRole('link', { name: 'Partner' }).click();
      await page.waitForURL(/realms\/partner/);
      await page.locator('input[name="username"]').fill('pat');
      await page.locator('input[name="password"]').fill(password);
      await page.locator('button[type="submit"], input[type="submit"]').first().click();
      await page.waitForURL(`${inject('portalUrl')}/me`);
      const me = await page.request.get(`${inject('portalUrl')}/api/v1/me`);
      expect(await me.json()).toMatchObject({ username: 'pat-partner.test', displayName: 'Pat Ner' });
      const users = (await keycloak.admin('GET', `${realm}/users?email=pat@partner.test`)) as { id: string }[];
      const groupsThere = await keycloak.admin('GET', `${realm}/users/${users[0]?.id}/groups`);
      expect(groupsThere).toMatchObject([{ name: 'operators' }]);
    });
  });
});
