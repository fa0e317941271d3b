import { parse, stringify } from 'yaml';
import type { Strategy } from '../../lib/contract';

export const textFormats = ['YAML', 'JSON'] as const;
export type TextFormat = (typeof textFormats)[number];

export const writeStrategy = (strategy: Strategy, format: TextFormat): string =>
  format === 'JSON' ? JSON.stringify(strategy, null, 2) : stringify(strategy).trimEnd();

/** Undefined where it cannot be read, or is nothing with a type. Whether it is a strategy is for the API to say, by path. */
export function readStrategy(text: string, format: TextFormat): Strategy | undefined {
  try {
    const value: unknown = format === 'JSON' ? JSON.parse(text) : parse(text);
    return typeof value === 'object' && value !== null && 'type' in value ? (value as Strategy) : undefined;
  } catch {
    return undefined;
  }
}
