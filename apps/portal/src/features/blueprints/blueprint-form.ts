import type { NewBlueprint } from '../../lib/contract';

const kinds = ['production', 'staging', 'development'] as const;
const roles = ['admin', 'developer', 'operator', 'viewer'] as const;

/** The first line that cannot be read, from 1. */
export class BadLine extends Error {
  constructor(readonly line: number) {
    super(`line ${line}`);
  }
}

/** Two words a line; empty lines do not count. Throws `BadLine`. */
function readLines<T>(text: string, read: (first: string, second: string) => T | undefined): T[] {
  return text.split('\n').flatMap((line, index) => {
    const [first, second, ...rest] = line.trim().split(/[\s:]+/);
    if (!first) return [];
    const value = rest.length === 0 ? read(first, second ?? '') : undefined;
    if (value === undefined) throw new BadLine(index + 1);
    return [value];
  });
}

/** `staging staging` a line. */
export const readEnvironments = (text: string): NewBlueprint['content']['environments'] =>
  readLines(text, (name, word) => {
    const kind = kinds.find((one) => one === word);
    return kind && { name, kind, limits: {}, config: {} };
  });

/** `web-developers developer` a line. */
export const readGroups = (text: string): NewBlueprint['content']['groups'] =>
  readLines(text, (group, word) => {
    const role = roles.find((one) => one === word);
    return role && { group, role };
  });

/** `LOG_LEVEL=info` a line; what follows the first `=` is the value, as it stands. Throws `BadLine`. */
export const readConfig = (text: string): NewBlueprint['content']['config'] =>
  Object.fromEntries(
    text.split('\n').flatMap((line, index) => {
      if (line.trim() === '') return [];
      const [, name, value] = /^\s*([A-Za-z_][A-Za-z0-9_]*)=(.*)$/.exec(line) ?? [];
      if (name === undefined || value === undefined) throw new BadLine(index + 1);
      return [[name, value]];
    }),
  );
