import { parseEnv } from 'node:util';
import { type ChangeConfig, mostValue, variableName } from './config.dto.js';
import { fail } from './config.errors.js';
import type { ConfigContent } from './config.rules.js';

interface ImportedName {
  readonly name: string;
  readonly kind: 'variable' | 'secret';
  readonly change: 'added' | 'changed' | 'unchanged' | 'refused';
  /** Why it was refused. */
  readonly reason: string | null;
}

export interface Import {
  readonly names: readonly ImportedName[];
  /** What makes the config what the text says; names that it leaves out stay. */
  readonly patch: ChangeConfig;
  /** Whether it makes anything other than it is. */
  readonly isChange: boolean;
}

const mostShown = 80;
const emptyText = { path: 'body.text', code: 'config-import-empty', message: 'No line is like NAME=value.' };

/**
 * What a text in the form of a `.env` file changes, name by name. A name that is a secret stays one; one of `secretNames` becomes
 * one. The value of a secret cannot be compared, so it is always changed. Throws 422 `config-import-empty`.
 */
export function planImport(before: ConfigContent, text: string, secretNames: readonly string[]): Import {
  const given = Object.entries(parseEnv(text.replace(/^\uFEFF/, '').replaceAll('\r\n', '\n')));
  if (given.length === 0) throw fail('config-import-empty', { errors: [emptyText] });
  const secrets = new Set([...secretNames, ...Object.keys(before.secrets)]);
  const names = given.map(([name, value]): ImportedName => {
    const kind = secrets.has(name) ? 'secret' : 'variable';
    const reason = refuse(name, String(value));
    if (reason) return { name: name.slice(0, mostShown), kind, change: 'refused', reason };
    return { name, kind, change: compare(before, name, kind, String(value)), reason: null };
  });
  const missing = secretNames
    .filter((name) => !given.some(([other]) => other === name))
    .map((name): ImportedName => ({ name, kind: 'secret', change: 'refused', reason: 'It is not in the text.' }));
  const taken = new Map(names.map((each) => [each.name, each]));
  const valuesOf = (wanted: ImportedName['kind']) =>
    given.flatMap(([name, value]): [string, string][] => {
      const { kind, change } = taken.get(name) ?? {};
      return kind === wanted && (change === 'added' || change === 'changed') ? [[name, String(value)]] : [];
    });
  // What becomes a secret is a variable no more.
  const moved = valuesOf('secret')
    .filter(([name]) => Object.hasOwn(before.variables, name))
    .map(([name]) => [name, null] as const);
  const patch = {
    variables: Object.fromEntries([...valuesOf('variable'), ...moved]),
    secrets: Object.fromEntries(valuesOf('secret')),
  };
  const isChange = names.some(({ change }) => change === 'added' || change === 'changed');
  return { names: [...names, ...missing].sort((a, b) => (a.name < b.name ? -1 : 1)), patch, isChange };
}

function refuse(name: string, value: string): string | undefined {
  if (!variableName.safeParse(name).success) return 'No name of an environment variable.';
  return value.length > mostValue ? `Longer than ${mostValue} characters.` : undefined;
}

function compare({ variables, secrets }: ConfigContent, name: string, kind: ImportedName['kind'], value: string) {
  if (kind === 'variable' && Object.hasOwn(variables, name)) return variables[name] === value ? 'unchanged' : 'changed';
  return Object.hasOwn(variables, name) || Object.hasOwn(secrets, name) ? 'changed' : 'added';
}
