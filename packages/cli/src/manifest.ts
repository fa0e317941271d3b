import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { parse } from 'yaml';
import { isMissing, isRecord } from './config.js';
import { CliError } from './errors.js';
import { isName } from './parse.js';
import type { Hooks, Process } from './types.js';

export const manifestName = 'slipway.yaml';

/** `slipway.yaml`: what the folder says about the application that is made of it. docs/cli.md describes each field. */
export interface Manifest {
  readonly application?: string;
  readonly tenant?: string;
  readonly project?: string;
  readonly build?: { readonly dockerfile?: string; readonly context?: string };
  readonly processes?: Readonly<Record<string, Process>>;
  readonly hooks?: Hooks;
}

/** The folder's slipway.yaml, or undefined when it has none. */
export async function findManifest(folder: string): Promise<Manifest | undefined> {
  try {
    return parseManifest(await readFile(join(folder, manifestName), 'utf8'));
  } catch (error) {
    if (isMissing(error)) return undefined;
    throw error;
  }
}

export function parseManifest(text: string): Manifest {
  let value: unknown;
  try {
    value = parse(text);
  } catch (error) {
    throw invalid(error instanceof Error ? error.message : 'not YAML');
  }
  const root = fields(value ?? {}, '', ['application', 'tenant', 'project', 'build', 'processes', 'hooks']);
  const build = root['build'] === undefined ? undefined : fields(root['build'], 'build', ['dockerfile', 'context']);
  return {
    application: optional(root['application'], 'application', name),
    tenant: optional(root['tenant'], 'tenant', name),
    project: optional(root['project'], 'project', name),
    build: build && {
      dockerfile: optional(build['dockerfile'], 'build.dockerfile', string),
      context: optional(build['context'], 'build.context', string),
    },
    processes: optional(root['processes'], 'processes', processes),
    hooks: optional(root['hooks'], 'hooks', hooks),
  };
}

function processes(value: unknown, path: string): Record<string, Process> {
  if (!isRecord(value)) throw invalid(`${path}: a mapping of names to processes is expected`);
  return Object.fromEntries(
    Object.entries(value).map(([key, entry]) => [name(key, `${path}.${key}`), process(entry, `${path}.${key}`)]),
  );
}

function process(value: unknown, path: string): Process {
  const entry = fields(value ?? {}, path, ['command', 'port', 'replicas', 'resources', 'healthCheck']);
  return {
    command: optional(entry['command'], `${path}.command`, command),
    port: optional(entry['port'], `${path}.port`, wholeNumber(1, 65_535)),
    replicas: optional(entry['replicas'], `${path}.replicas`, wholeNumber(0, 1000)),
    resources: optional(entry['resources'], `${path}.resources`, (found, at) => {
      const resources = fields(found, at, ['cpu', 'memory']);
      return {
        cpu: optional(resources['cpu'], `${at}.cpu`, quantity),
        memory: optional(resources['memory'], `${at}.memory`, quantity),
      };
    }),
    healthCheck: optional(entry['healthCheck'], `${path}.healthCheck`, (found, at) => ({
      path: string(fields(found, at, ['path'])['path'], `${at}.path`),
    })),
  };
}

function hooks(value: unknown, path: string): Hooks {
  const entry = fields(value, path, ['before', 'after']);
  return {
    before: optional(entry['before'], `${path}.before`, commandHook),
    after: optional(entry['after'], `${path}.after`, (found, at) =>
      isRecord(found) && 'probe' in found ? probeHook(found, at) : commandHook(found, at),
    ),
  };
}

const seconds = wholeNumber(1, 3600);

function commandHook(value: unknown, path: string) {
  const entry = fields(value, path, ['command', 'process', 'timeoutSeconds']);
  return {
    command: command(entry['command'], `${path}.command`),
    process: optional(entry['process'], `${path}.process`, name),
    timeoutSeconds: optional(entry['timeoutSeconds'], `${path}.timeoutSeconds`, seconds),
  };
}

function probeHook(value: unknown, path: string) {
  const entry = fields(value, path, ['probe', 'timeoutSeconds']);
  const probe = fields(entry['probe'], `${path}.probe`, ['path', 'expectedStatus']);
  return {
    probe: {
      path: string(probe['path'], `${path}.probe.path`),
      expectedStatus: optional(probe['expectedStatus'], `${path}.probe.expectedStatus`, wholeNumber(100, 599)),
    },
    timeoutSeconds: optional(entry['timeoutSeconds'], `${path}.timeoutSeconds`, seconds),
  };
}

function fields(value: unknown, path: string, allowed: readonly string[]): Record<string, unknown> {
  if (!isRecord(value)) throw invalid(`${path || 'the file'}: a mapping is expected`);
  for (const key of Object.keys(value))
    if (!allowed.includes(key))
      throw invalid(`${path ? `${path}.` : ''}${key}: unknown field; known are ${allowed.join(', ')}`);
  return value;
}

function optional<T>(value: unknown, path: string, read: (value: unknown, path: string) => T): T | undefined {
  return value === undefined || value === null ? undefined : read(value, path);
}

function string(value: unknown, path: string): string {
  if (typeof value !== 'string' || value === '') throw invalid(`${path}: text is expected`);
  return value;
}

function name(value: unknown, path: string): string {
  if (typeof value !== 'string' || !isName(value))
    throw invalid(`${path}: a name of lower-case letters, digits and dashes is expected`);
  return value;
}

/** A command as a list is run as it is; as text the platform gives it to the image's shell. */
function command(value: unknown, path: string): string | string[] {
  if (typeof value === 'string' && value) return value;
  if (!Array.isArray(value) || value.length === 0) throw invalid(`${path}: text or a list of words is expected`);
  return value.map((word, index) =>
    word === '' ? '' : string(typeof word === 'number' ? String(word) : word, `${path}[${index}]`),
  );
}

function wholeNumber(from: number, to: number): (value: unknown, path: string) => number {
  return (value, path) => {
    if (typeof value !== 'number' || !Number.isInteger(value) || value < from || value > to)
      throw invalid(`${path}: a whole number from ${from} to ${to} is expected`);
    return value;
  };
}

/** A Kubernetes quantity, `250m` or `128Mi`; YAML reads a bare 1 as a number. */
function quantity(value: unknown, path: string): string {
  const text = typeof value === 'number' ? String(value) : value;
  if (typeof text !== 'string' || !/^\d+(\.\d+)?(m|k|M|G|T|Ki|Mi|Gi|Ti)?$/.test(text))
    throw invalid(`${path}: an amount such as 250m or 128Mi is expected`);
  return text;
}

function invalid(why: string): CliError {
  return new CliError('manifest-invalid', `${manifestName}: ${why}.`, {
    exit: 'usage',
    remedy: 'Mend the file; docs/cli.md describes it.',
  });
}
