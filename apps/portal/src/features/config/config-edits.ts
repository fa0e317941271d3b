import type { Config as ApiConfig, Change } from '../../lib/contract';

/** What is set in a scope, whichever it is. */
export interface Config extends Pick<ApiConfig, 'version' | 'variables'> {
  readonly secrets: Readonly<Record<string, Pick<ApiConfig['secrets'][string], 'version' | 'updatedAt'>>>;
}

/** A merge patch: null removes. */
export interface ConfigPatch {
  readonly variables: Readonly<Record<string, string | null>>;
  readonly secrets: Readonly<Record<string, string | null>>;
}

export interface Entry {
  /** Stays while the name is typed. */
  readonly key: string;
  readonly name: string;
  /** Of a secret that is kept: undefined. */
  readonly value: string | undefined;
  readonly isSecret: boolean;
  readonly isRemoved: boolean;
}

export const variableName = /^[A-Za-z_][A-Za-z0-9_]*$/;

export function toEntries(config: Config): readonly Entry[] {
  const variables = Object.entries(config.variables).map(([name, value]) => ({
    key: `v:${name}`,
    name,
    value,
    isSecret: false,
    isRemoved: false,
  }));
  const secrets = Object.keys(config.secrets).map((name) => ({
    key: `s:${name}`,
    name,
    value: undefined,
    isSecret: true,
    isRemoved: false,
  }));
  return [...variables, ...secrets];
}

/** The merge patch that leads from the configuration to the entries. */
export function toPatch(config: Config, entries: readonly Entry[]): ConfigPatch {
  const kept = entries.filter((entry) => !entry.isRemoved && entry.name !== '');
  const variables: Record<string, string | null> = {};
  const secrets: Record<string, string | null> = {};
  for (const entry of kept) {
    if (entry.isSecret && entry.value !== undefined) secrets[entry.name] = entry.value;
    if (!entry.isSecret && config.variables[entry.name] !== entry.value) variables[entry.name] = entry.value ?? '';
  }
  for (const name of Object.keys(config.variables))
    if (!kept.some((entry) => !entry.isSecret && entry.name === name)) variables[name] = null;
  for (const name of Object.keys(config.secrets))
    if (!kept.some((entry) => entry.isSecret && entry.name === name)) secrets[name] = null;
  return { variables, secrets };
}

const hidden = '••••••';

/** The patch as changes to show; values of secrets stay hidden. */
export function toChanges(config: Config, patch: ConfigPatch): readonly Change[] {
  const variables = Object.entries(patch.variables).map(([name, after]) => ({
    path: name,
    before: config.variables[name],
    after,
  }));
  const secrets = Object.entries(patch.secrets).map(([name, after]) => {
    const old = config.secrets[name];
    return {
      path: name,
      before: old ? `${hidden} (v${old.version})` : undefined,
      after: after === null ? null : `${hidden} (v${config.version + 1})`,
    };
  });
  return [...variables, ...secrets];
}

/** Lines of a `.env` file; comments and blank lines are left out, quotes around a value are taken off. */
export function parseDotenv(text: string): readonly { name: string; value: string }[] {
  return text.split(/\r?\n/).flatMap((line) => {
    const [, name, raw] = /^\s*(?:export\s+)?([A-Za-z_][A-Za-z0-9_]*)\s*=\s*(.*?)\s*$/.exec(line) ?? [];
    if (name === undefined || raw === undefined) return [];
    const [, , quoted] = /^(["'])(.*)\1$/.exec(raw) ?? [];
    return [{ name, value: quoted ?? raw }];
  });
}
