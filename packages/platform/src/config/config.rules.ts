import type { ChangeConfig } from './config.dto.js';
import type { SealedSecret } from './secret-values.service.js';

export interface ConfigContent {
  readonly variables: Readonly<Record<string, string>>;
  readonly secrets: Readonly<Record<string, SealedSecret>>;
}

export type ConfigRefusal = 'config-name-twice' | 'config-too-large';

/** The content after a merge patch. A secret that is set gets the next version, also when the value is the same: we cannot compare. */
export function changeConfig(
  before: ConfigContent,
  patch: ChangeConfig,
  seal: (name: string, value: string) => string,
  now: Date,
): ConfigContent {
  const variables = { ...before.variables };
  for (const [name, value] of Object.entries(patch.variables ?? {})) {
    if (value === null) delete variables[name];
    else variables[name] = value;
  }
  const secrets = { ...before.secrets };
  for (const [name, value] of Object.entries(patch.secrets ?? {})) {
    if (value === null) delete secrets[name];
    else {
      // A plain text leaves the kind of a secret that is there as it is.
      const given =
        typeof value === 'string' ? { value, revealable: before.secrets[name]?.revealable ?? false } : value;
      secrets[name] = {
        version: (before.secrets[name]?.version ?? 0) + 1,
        sealed: seal(name, given.value),
        updatedAt: now.toISOString(),
        ...(given.revealable ? { revealable: true } : {}),
      };
    }
  }
  return { variables, secrets };
}

export function refuseConfig(content: ConfigContent): ConfigRefusal | undefined {
  if (Object.keys(content.variables).some((name) => name in content.secrets)) return 'config-name-twice';
  const names = Object.keys(content.variables).length + Object.keys(content.secrets).length;
  return names > 500 || JSON.stringify(content).length > 512 * 1024 ? 'config-too-large' : undefined;
}

/** What the hash of a config covers: a secret by its version. */
export const hashedContent = (content: ConfigContent) => ({
  variables: content.variables,
  secrets: Object.fromEntries(Object.entries(content.secrets).map(([name, secret]) => [name, secret.version])),
});
