import type { ChangeConfig } from './config.dto.js';
import type { SealedSecret } from './secret-values.service.js';

export interface ConfigContent {
  readonly variables: Readonly<Record<string, string>>;
  readonly secrets: Readonly<Record<string, SealedSecret>>;
}

/** The content after a merge patch. A secret that is set has the number of the version that is made, also when the value is the same. */
export function changeConfig(
  before: ConfigContent,
  patch: ChangeConfig,
  seal: (name: string, value: string) => string,
  made: { readonly number: number; readonly at: Date },
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
        version: made.number,
        sealed: seal(name, given.value),
        updatedAt: made.at.toISOString(),
        ...(given.revealable ? { revealable: true } : {}),
      };
    }
  }
  return { variables, secrets };
}

/** A name that is both a variable and a secret. */
export const findNameTwice = (content: ConfigContent): string | undefined =>
  Object.keys(content.variables).find((name) => Object.hasOwn(content.secrets, name));

export interface NameChange {
  readonly name: string;
  readonly kind: 'variable' | 'secret';
  readonly change: 'added' | 'changed' | 'removed';
}

/** What differs, by name; of a name that went from one kind to the other, the kind that it is now. */
export function listChanges(before: ConfigContent, after: ConfigContent): readonly NameChange[] {
  const [left, right] = [settingsOf(before), settingsOf(after)];
  return [...new Set([...left.keys(), ...right.keys()])].sort().flatMap((name): NameChange[] => {
    const [old, now] = [left.get(name), right.get(name)];
    if (!now) return old ? [{ name, kind: old.kind, change: 'removed' }] : [];
    if (old?.kind === now.kind && old.value === now.value) return [];
    return [{ name, kind: now.kind, change: old ? 'changed' : 'added' }];
  });
}

function settingsOf({ variables, secrets }: ConfigContent) {
  const settings = new Map<string, { kind: NameChange['kind']; value: string | number }>();
  for (const [name, value] of Object.entries(variables)) settings.set(name, { kind: 'variable', value });
  for (const [name, { version }] of Object.entries(secrets)) settings.set(name, { kind: 'secret', value: version });
  return settings;
}

/** What the hash of a config covers: a secret by its version. */
export const hashedContent = (content: ConfigContent) => ({
  variables: content.variables,
  secrets: Object.fromEntries(Object.entries(content.secrets).map(([name, secret]) => [name, secret.version])),
});
