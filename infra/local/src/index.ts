import { portOffsets } from '../bootstrap/ports.mjs';
import { type Config, loadConfig } from './config.js';

export { askSupervisor } from './control.js';
export { findFreePortBase } from './free-ports.js';
export { ensureKeycloak, KeycloakUnreachable } from './keycloak-distribution.js';
export { measureMemory } from './memory.js';

/** The configuration of a home, as the running platform reads it. */
export function loadPlatformConfig({ home }: { home: string }): Config {
  return loadConfig(portOffsets, { home });
}
