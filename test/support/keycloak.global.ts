import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ensureKeycloak, KeycloakUnreachable } from '@slipway/local';
import type { TestProject } from 'vitest/node';
import { providePlatform } from './start-platform.js';

// Fetched and built once for all runs of a machine.
const cache = process.env['SLIPWAY_KEYCLOAK_CACHE'] ?? join(tmpdir(), 'slipway-keycloak');

/** The platform with a real Keycloak; `SLIPWAY_KEYCLOAK_HOME` names a running one. Where none can be had, its tests are skipped. */
export default async function platform(project: TestProject): Promise<() => Promise<void>> {
  const given = process.env['SLIPWAY_KEYCLOAK_HOME'];
  try {
    if (!given) await ensureKeycloak(cache, process.env['SLIPWAY_KEYCLOAK_ARCHIVE']);
  } catch (error) {
    if (!(error instanceof KeycloakUnreachable)) throw error;
    process.stdout.write(`The tests against a real Keycloak are skipped. ${error.message}\n`);
    return async () => undefined;
  }
  const env = { SLIPWAY_IDENTITY: 'keycloak', SLIPWAY_KEYCLOAK_CACHE: cache };
  return providePlatform(project, { name: 'keycloak', given, portBase: 23_000, env });
}
