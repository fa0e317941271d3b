import { copyFileSync, cpSync, existsSync, mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { z } from 'zod';
import { httpHealth } from '../health.js';
import { ensureKeycloak } from '../keycloak-distribution.js';
import { baseEnvironment, outwardEnvironment, type Platform } from '../platform.js';
import { readSecret } from '../secrets.js';
import type { Service } from '../service.js';

/** Keycloak's own administrator, of the realm `master`. */
export const keycloakAdministrator = 'keycloak-admin';
const realm = 'slipway';
const idSchema = z.looseObject({ id: z.string() });
const clientsSchema = z.array(z.looseObject({ id: z.string(), attributes: z.looseObject({}).optional() }));

/** A real Keycloak on our PostgreSQL, with the realm of infra/keycloak. */
export function keycloak(platform: Platform): Service {
  const { config, secrets } = platform;
  const { ports } = config;
  const home = platform.at('keycloak', 'server');
  const management = `http://127.0.0.1:${ports.keycloakManagement}`;
  const database = new URL(platform.urls.keycloakDatabase);
  const admin = z.object({ username: z.string(), password: z.string() }).parse(JSON.parse(readSecret(secrets.admin)));
  return {
    name: 'keycloak',
    needs: platform.embeds.postgres ? ['postgres'] : [],
    command: [join(home, 'bin/kc.sh'), 'start', '--optimized', '--import-realm'],
    env: {
      ...baseEnvironment,
      ...outwardEnvironment(),
      JAVA_OPTS_KC_HEAP: '-Xms64m -Xmx512m',
      KC_DB_URL: `jdbc:postgresql://${database.host}${database.pathname}`,
      KC_DB_USERNAME: decodeURIComponent(database.username),
      KC_DB_PASSWORD: decodeURIComponent(database.password),
      KC_DB_POOL_MAX_SIZE: '20',
      KC_HTTP_ENABLED: 'true',
      KC_HTTP_HOST: config.bind,
      KC_HTTP_PORT: `${ports.keycloak}`,
      KC_HTTP_MANAGEMENT_PORT: `${ports.keycloakManagement}`,
      KC_HOSTNAME: platform.urls.keycloak,
      KC_LOG_CONSOLE_OUTPUT: 'json',
      // Its health says that it is down while it starts; the supervisor knows.
      KC_LOG_LEVEL: 'info,io.smallrye.health:error',
      // One server, no cluster: nothing to find and no port for it.
      KC_CACHE: 'local',
      KC_BOOTSTRAP_ADMIN_USERNAME: keycloakAdministrator,
      KC_BOOTSTRAP_ADMIN_PASSWORD: readSecret(secrets.keycloakAdmin),
      // What the realm's file names in its place.
      SLIPWAY_PORTAL_URL: config.portalUrl,
      SLIPWAY_PORTAL_CLIENT_SECRET: readSecret(secrets.portalClient),
      SLIPWAY_API_URL: config.apiUrl,
      SLIPWAY_API_CLIENT_SECRET: readSecret(secrets.issuerClient),
      SLIPWAY_ADMIN_USERNAME: admin.username,
      SLIPWAY_ADMIN_PASSWORD: admin.password,
    },
    address: platform.urls.keycloak,
    prepare: async () => {
      const { archive, cache } = config.keycloak;
      const built = await ensureKeycloak(cache ?? platform.at('keycloak'), archive);
      if (!existsSync(home)) cpSync(built, home, { recursive: true });
      mkdirSync(join(home, 'data/import'), { recursive: true });
      copyFileSync(
        join(platform.root, 'infra/keycloak/realm-slipway.json'),
        join(home, 'data/import/realm-slipway.json'),
      );
    },
    settle: () => settle(platform),
    health: httpHealth(`${management}/health/ready`),
    startSeconds: 240,
    stopSignal: 'SIGTERM',
    graceSeconds: 20,
  };
}

/** An import leaves a realm alone that is there: what the clients must know of this platform follows the configuration. */
async function settle(platform: Platform): Promise<void> {
  const base = `http://127.0.0.1:${platform.config.ports.keycloak}`;
  const headers = {
    authorization: `Bearer ${await administratorToken(platform, base)}`,
    'content-type': 'application/json',
  };
  const admin = (method: string, path: string, body?: object) =>
    ask(`${base}/admin/realms/${realm}${path}`, { method, headers, body: JSON.stringify(body) });
  const find = async (clientId: string) => {
    const [client] = clientsSchema.parse(await admin('GET', `/clients?clientId=${clientId}`));
    if (client) return client;
    throw new Error(`the realm ${realm} has no client ${clientId}: import infra/keycloak/realm-slipway.json`);
  };
  const { portalUrl, apiUrl } = platform.config;
  const logout = {
    'backchannel.logout.url': `${apiUrl}/oidc/backchannel-logout`,
    'backchannel.logout.session.required': 'true',
  };
  const portal = await find('slipway-portal');
  await admin('PUT', `/clients/${portal.id}`, {
    ...portal,
    secret: readSecret(platform.secrets.portalClient),
    rootUrl: portalUrl,
    redirectUris: [`${portalUrl}/auth/callback`],
    attributes: { ...portal.attributes, ...logout, 'post.logout.redirect.uris': `${portalUrl}##${portalUrl}/*` },
  });
  const cli = await find('slipway-cli');
  await admin('PUT', `/clients/${cli.id}`, { ...cli, attributes: { ...cli.attributes, ...logout } });

  const api = await find('slipway-api');
  const account = { bearerOnly: false, publicClient: false, serviceAccountsEnabled: true };
  const secret = readSecret(platform.secrets.issuerClient);
  await admin('PUT', `/clients/${api.id}`, { ...api, ...account, secret });
  const { id: accountId } = idSchema.parse(await admin('GET', `/clients/${api.id}/service-account-user`));
  const { id: management } = await find('realm-management');
  const role = z.looseObject({}).parse(await admin('GET', `/clients/${management}/roles/manage-users`));
  await admin('POST', `/users/${accountId}/role-mappings/clients/${management}`, [role]);
}

async function administratorToken(platform: Platform, base: string): Promise<string> {
  const form = {
    grant_type: 'password',
    client_id: 'admin-cli',
    username: keycloakAdministrator,
    password: readSecret(platform.secrets.keycloakAdmin),
  };
  const answer = await ask(`${base}/realms/master/protocol/openid-connect/token`, {
    method: 'POST',
    body: new URLSearchParams(form),
  });
  return z.object({ access_token: z.string() }).parse(answer).access_token;
}

async function ask(url: string, init: RequestInit): Promise<unknown> {
  const response = await fetch(url, init);
  const text = await response.text();
  if (!response.ok)
    throw new Error(`Keycloak answered ${response.status} to ${new URL(url).pathname}: ${text.slice(0, 200)}`);
  return text === '' ? undefined : JSON.parse(text);
}
