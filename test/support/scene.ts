import { inject } from 'vitest';
import { untilBaseImagesAreMade } from './base-images.js';
import { login, type SlipwayCommand, uniqueName } from './slipway.js';

declare module 'vitest' {
  /** What test/support/start-platform.ts tells of the platform that it started. */
  interface ProvidedContext {
    home: string;
    portalUrl: string;
    apiUrl: string;
    adminPassword: string;
    kubeconfig: string;
    gatewayPort: number;
    /** The Keycloak that signs users in, and the password of its `keycloak-admin`; null where the built-in issuer does. */
    keycloak: { readonly url: string; readonly password: string } | null;
  }
}

/** A tenant with one project, and its owner logged in with that scope. */
export interface Scene {
  readonly tenant: string;
  readonly project: string;
  readonly username: string;
  readonly password: string;
  /** As the owner; an ordinary user. */
  readonly slipway: SlipwayCommand;
  /** As the platform's administrator. */
  readonly admin: SlipwayCommand;
  dispose(): Promise<void>;
}

export async function createScene(topic: string): Promise<Scene> {
  await untilBaseImagesAreMade();
  const apiUrl = inject('apiUrl');
  const admin = await login(apiUrl, 'admin', inject('adminPassword'));
  const tenant = uniqueName(topic);
  const username = `${tenant}-owner`;
  const password = `pass-${tenant}-A1`;
  const created = await admin.try(
    ['users', 'create', username, '--email', `${username}@example.test`, '--password-stdin'],
    {
      stdin: `${password}\n`,
    },
  );
  if (created.exit !== 0) throw new Error(created.stderr);
  await admin.run('tenants', 'create', tenant, '--owner', username);
  const slipway = await login(apiUrl, username, password);
  await slipway.run('projects', 'create', 'demo', '--tenant', tenant);
  await slipway.run('context', 'use', `${tenant}/demo`);
  return {
    tenant,
    project: 'demo',
    username,
    password,
    slipway,
    admin,
    async dispose() {
      await admin.try(['tenants', 'delete', tenant, '--yes']);
      await admin.try(['users', 'delete', username, '--yes']);
      await Promise.all([slipway.dispose(), admin.dispose()]);
    },
  };
}
