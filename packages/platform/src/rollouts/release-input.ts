import type { PlacementScope, ReleaseInput } from '../applications/application-scopes.service.js';
import { loadReferred, type SealedName } from '../config/effective-config.service.js';
import type { Reader, ReleaseModel } from '../kernel/database/index.js';
import { outlineOf, readContent } from '../releases/release-content.service.js';

/** What was kept of a release's secrets: their versions by name, and sealed. */
interface KeptSecrets {
  readonly versions: Readonly<Record<string, number>>;
  readonly sealed: readonly SealedName[];
}

/** A release with the configuration that it has in a place; `showSecrets` says how its secrets are to be had. */
export async function loadReleaseInput(
  reader: Reader,
  scope: PlacementScope,
  release: ReleaseModel,
  showSecrets: (kept: KeptSecrets) => Record<string, string>,
): Promise<ReleaseInput> {
  const reference = readContent(release.content).config[scope.environment.name];
  const owners = {
    tenant: scope.tenant.id,
    project: scope.project.id,
    environment: scope.environment.id,
    application: scope.placement.id,
  };
  const config = reference && (await loadReferred(reader, scope.tenant.id, owners, reference));
  const { podSecurity } = await reader.project.findUniqueOrThrow({ where: { id: scope.project.id } });
  return {
    ...outlineOf(scope, release),
    variables: config?.variables ?? {},
    secrets: showSecrets({ versions: reference?.secrets ?? {}, sealed: config?.sealed ?? [] }),
    podSecurity: podSecurity === 'baseline' ? 'baseline' : 'restricted',
  };
}
