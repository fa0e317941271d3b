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
const portalClient = 'slipway-portal';

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

/** An import leaves a realm alone that is there: where the portal is and what its secret is, follows the configuration. */
async function settle(platform: Platform): Promise<void> {
  const base = `http://127.0.0.1:${platform.config.ports.keycloak}`;
  const token = await administratorToken(platform, base);
  const clients = `${base}/admin/realms/${realm}/clients`;
  const authorization = { authorization: `Bearer ${token}` };
  const found = await ask(`${clients}?clientId=${portalClient}`, { headers: authorization });
  const [client] = z.array(z.looseObject({ id: z.string(), attributes: z.looseObject({}).optional() })).parse(found);
  if (!client)
    throw new Error(`the realm ${realm} has no client ${portalClient}: import infra/keycloak/realm-slipway.json`);
  const { portalUrl } = platform.config;
  const wanted = {
    ...client,
    secret: readSecret(platform.secrets.portalClient),
    rootUrl: portalUrl,
    redirectUris: [`${portalUrl}/auth/callback`],
    attributes: { ...client.attributes, 'post.logout.redirect.uris': `${portalUrl}##${portalUrl}/*` },
  };
  await ask(`${clients}/${client.id}`, {
    method: 'PUT',
    headers: { ...authorization, 'content-type': 'application/json' },
    body: JSON.stringify(wanted),
  });
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
