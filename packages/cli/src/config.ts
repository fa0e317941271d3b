import { chmod, mkdir, readFile, rename, writeFile } from 'node:fs/promises';
import { homedir } from 'node:os';
import { dirname, join } from 'node:path';
import { parse, stringify } from 'yaml';
import { CliError } from './errors.js';
import type { Io } from './io.js';

/** One login: where, as whom, and the scope that commands take when no flag names another. */
export interface Context {
  readonly server: string;
  readonly token?: string;
  readonly tokenId?: string;
  readonly username?: string;
  readonly tenant?: string;
  readonly project?: string;
  readonly environment?: string;
}

export interface Config {
  readonly currentContext: string;
  readonly contexts: Readonly<Record<string, Context>>;
}

/** What the environment says; the only place that reads these variables. */
export interface Settings {
  readonly configFile: string;
  readonly kubeconfigFile: string;
  readonly server: string | undefined;
  readonly token: string | undefined;
  readonly tenant: string | undefined;
  readonly project: string | undefined;
  readonly environment: string | undefined;
}

export const defaultServer = 'http://127.0.0.1:7601';
const emptyConfig: Config = { currentContext: 'default', contexts: {} };

export function readSettings(env: Io['env']): Settings {
  const home = env['HOME'] || homedir();
  return {
    configFile:
      env['SLIPWAY_CONFIG'] || join(env['XDG_CONFIG_HOME'] || join(home, '.config'), 'slipway', 'config.yaml'),
    kubeconfigFile: env['KUBECONFIG']?.split(':').find(Boolean) ?? join(home, '.kube', 'config'),
    server: env['SLIPWAY_SERVER'] || undefined,
    token: env['SLIPWAY_TOKEN'] || undefined,
    tenant: env['SLIPWAY_TENANT'] || undefined,
    project: env['SLIPWAY_PROJECT'] || undefined,
    environment: env['SLIPWAY_ENVIRONMENT'] || undefined,
  };
}

/** A missing file is an empty configuration; a broken one is an error that names it. */
export async function readConfig(file: string): Promise<Config> {
  let text: string;
  try {
    text = await readFile(file, 'utf8');
  } catch (error) {
    if (isMissing(error)) return emptyConfig;
    throw new CliError('config-unreadable', `Cannot read ${file}.`, {
      cause: error,
      remedy: 'Check who owns the file.',
    });
  }
  return parseConfig(text, file);
}

export function parseConfig(text: string, file: string): Config {
  const broken = (why: string) =>
    new CliError('config-invalid', `${file}: ${why}`, {
      remedy: `Mend the file, or remove it and run 'slipway login'.`,
    });
  let value: unknown;
  try {
    value = parse(text);
  } catch (error) {
    throw broken(error instanceof Error ? error.message : 'not YAML');
  }
  if (value === null || value === undefined) return emptyConfig;
  if (!isRecord(value)) throw broken('a mapping is expected');
  const contexts: Record<string, Context> = {};
  const listed = value['contexts'] ?? {};
  if (!isRecord(listed)) throw broken('contexts: a mapping is expected');
  for (const [name, entry] of Object.entries(listed)) {
    if (!isRecord(entry)) throw broken(`contexts.${name}: a mapping is expected`);
    const text = (field: string): string | undefined => {
      const found = entry[field];
      if (found === undefined || found === null) return undefined;
      if (typeof found !== 'string') throw broken(`contexts.${name}.${field}: text is expected`);
      return found;
    };
    const server = text('server');
    if (!server) throw broken(`contexts.${name}.server is missing`);
    contexts[name] = {
      server,
      token: text('token'),
      tokenId: text('tokenId'),
      username: text('username'),
      tenant: text('tenant'),
      project: text('project'),
      environment: text('environment'),
    };
  }
  const current = value['currentContext'] ?? 'default';
  if (typeof current !== 'string') throw broken('currentContext: text is expected');
  return { currentContext: current, contexts };
}

/** Tokens lie in it, so it is the owner's alone; written whole or not at all. */
export async function writeConfig(file: string, config: Config): Promise<void> {
  await writePrivateFile(file, stringify(config));
}

export async function writePrivateFile(file: string, text: string): Promise<void> {
  await mkdir(dirname(file), { recursive: true, mode: 0o700 });
  const next = `${file}.${process.pid}.new`;
  await writeFile(next, text, { mode: 0o600 });
  await chmod(next, 0o600);
  await rename(next, file);
}

export function withContext(config: Config, name: string, context: Context): Config {
  return { currentContext: name, contexts: { ...config.contexts, [name]: context } };
}

export function withoutContext(config: Config, name: string): Config {
  const contexts = Object.fromEntries(Object.entries(config.contexts).filter(([key]) => key !== name));
  const current = config.currentContext === name ? (Object.keys(contexts)[0] ?? 'default') : config.currentContext;
  return { currentContext: current, contexts };
}

/** `https://slipway.example.com/` and `slipway.example.com:7601` both become an origin without a trailing slash. */
export function parseServer(text: string): string {
  const address = text.includes('://') ? text : `http://${text}`;
  const url = URL.canParse(address) ? new URL(address) : undefined;
  if (!url || !/^https?:$/.test(url.protocol) || !url.hostname) {
    throw new CliError('server-invalid', `'${text}' is not the address of a server.`, {
      exit: 'usage',
      remedy: `Write it as a URL, for example --server ${defaultServer}.`,
    });
  }
  return `${url.origin}${url.pathname.replace(/\/+$/, '')}`;
}

export function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

export function isMissing(error: unknown): boolean {
  return error instanceof Error && 'code' in error && error.code === 'ENOENT';
}
