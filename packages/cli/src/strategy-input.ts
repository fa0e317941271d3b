import { readFile } from 'node:fs/promises';
import { resolve } from 'node:path';
import { text as readText } from 'node:stream/consumers';
import type { Schemas } from '@slipway/sdk';
import { parseAllDocuments } from 'yaml';
import { type Api, read } from './api.js';
import { CliError, usageError } from './errors.js';
import { type Io, paint } from './io.js';

type Strategy = Schemas['Strategy'];

/** A strategy as it is named on the command line: a preset, or a file. */
export interface StrategyInput {
  readonly preset?: string | undefined;
  readonly file?: string | undefined;
}

/** What is named, or undefined where nothing is; what a conversion could not take is said. Throws where both are. */
export async function readStrategy(api: Api, io: Io, { preset, file }: StrategyInput): Promise<Strategy | undefined> {
  if (preset !== undefined && file !== undefined) throw usageError('Name a preset or a --file, not both.');
  if (preset !== undefined) return findPreset(api, preset);
  if (file === undefined) return undefined;
  const manifest = await readManifest(io, file);
  if (typeof manifest !== 'string' && !('kind' in manifest))
    return ('strategy' in manifest ? manifest.strategy : manifest) as Strategy;
  const converted = await read(api.POST('/api/v1/strategies/convert', { body: { manifest } }));
  warn(io, converted.warnings);
  return converted.strategy;
}

async function findPreset(api: Api, name: string): Promise<Strategy> {
  const { items } = await read(api.GET('/api/v1/strategies/presets'));
  const found = items.find((item) => item.name === name);
  if (found) return found.strategy;
  const remedy = `There are ${items.map((item) => item.name).join(', ')}.`;
  throw new CliError('preset-not-found', `There is no preset '${name}'.`, { exit: 'notFound', remedy });
}

/** An object; of several documents, a Rollout and what it refers to, the text as it is. */
export async function readManifest(io: Io, file: string): Promise<Record<string, unknown> | string> {
  let value: unknown;
  try {
    const text = file === '-' ? await readText(io.stdin) : await readFile(resolve(io.cwd, file), 'utf8');
    const documents = parseAllDocuments(text);
    const [error] = documents.flatMap(({ errors }) => errors);
    if (error) throw error;
    if (documents.length > 1) return text;
    value = documents[0]?.toJS();
  } catch (error) {
    throw usageError(`${file} cannot be read: ${error instanceof Error ? error.message : String(error)}`);
  }
  if (typeof value === 'object' && value !== null && !Array.isArray(value)) return { ...value };
  throw usageError(`${file} holds no object.`, "'slipway strategy get' shows what a strategy looks like.");
}

export function warn(io: Io, warnings: readonly { readonly path: string; readonly message: string }[]): void {
  for (const { path, message } of warnings)
    io.stderr.write(`${paint(io, 'stderr', 'yellow', '!')} ${path}: ${message}\n`);
}
