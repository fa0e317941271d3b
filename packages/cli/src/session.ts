import { Command, Option } from 'commander';
import { type Api, createApi } from './api.js';
import {
  type Config,
  type Context,
  defaultServer,
  parseServer,
  readConfig,
  readSettings,
  type Settings,
} from './config.js';
import { CliError, usageError } from './errors.js';
import type { Io } from './io.js';
import { findManifest } from './manifest.js';
import { createOutput, type Output, type OutputFormat, outputFormats } from './output.js';
import { isName } from './parse.js';

/** The flags that most commands share. */
export interface CommonOptions {
  readonly server?: string;
  readonly context?: string;
  readonly output?: OutputFormat;
  readonly tenant?: string;
  readonly project?: string;
  readonly environment?: string;
  readonly app?: string;
}

/** A command's view of where it acts. The scope's parts are asked for by name and say what to do when they are missing. */
export interface Session {
  readonly server: string;
  readonly token: string | undefined;
  readonly api: Api;
  readonly out: Output;
  readonly context: Context | undefined;
  tenant(): Promise<{ tenant: string }>;
  project(): Promise<{ tenant: string; project: string }>;
  application(): Promise<{ tenant: string; project: string; application: string }>;
  environment(): Promise<{ tenant: string; project: string; application: string; environment: string }>;
  /** The environment alone, whatever runs in it. */
  projectEnvironment(): Promise<{ tenant: string; project: string; environment: string }>;
}

export interface Cli {
  readonly io: Io;
  readonly settings: Settings;
  config(): Promise<Config>;
  output(options: CommonOptions): Output;
  open(options: CommonOptions, folder?: string): Promise<Session>;
}

type Level = 'server' | 'tenant' | 'project' | 'application' | 'environment';

/** Adds the flags that a command of this level takes. */
export function withScope(command: Command, level: Level): Command {
  command.addOption(
    new Option('-o, --output <format>', 'how to print the result').choices(outputFormats).default('table'),
  );
  command.option('--server <url>', 'address of the API (SLIPWAY_SERVER)');
  command.option('--context <name>', 'login to use, of those in the configuration file');
  if (level === 'server') return command;
  command.option('-t, --tenant <name>', 'tenant (SLIPWAY_TENANT)');
  if (level === 'tenant') return command;
  command.option('-p, --project <name>', 'project (SLIPWAY_PROJECT)');
  if (level === 'project') return command;
  command.option('-a, --app <name>', 'application; without it, the one that slipway.yaml in this folder names');
  if (level === 'environment')
    command.option('-e, --environment <name>', 'environment (SLIPWAY_ENVIRONMENT); without it, production');
  return command;
}

export function createCli(io: Io): Cli {
  const settings = readSettings(io.env);
  const config = () => readConfig(settings.configFile);
  const output = (options: CommonOptions) => createOutput(io, options.output ?? 'table');
  return {
    io,
    settings,
    config,
    output,
    async open(options, folder = io.cwd) {
      const { name, context } = chooseContext(await config(), options.context);
      const server = parseServer(options.server ?? settings.server ?? context?.server ?? defaultServer);
      // A stored token goes to the server that it came from and to no other.
      const token = settings.token ?? (context && parseServer(context.server) === server ? context.token : undefined);
      if (!token)
        throw new CliError('not-logged-in', `You are not logged in to ${server}.`, {
          exit: 'unauthenticated',
          remedy: `Run 'slipway login --server ${server}', or set SLIPWAY_TOKEN.`,
        });
      const api = createApi({ server, token });
      return {
        server,
        token,
        api,
        out: output(options),
        context,
        ...createScope(options, settings, context, name, folder),
      };
    },
  };
}

export function chooseContext(
  config: Config,
  asked: string | undefined,
): { name: string; context: Context | undefined } {
  const name = asked ?? config.currentContext;
  const context = config.contexts[name];
  if (asked && !context)
    throw usageError(
      `There is no context '${asked}'.`,
      `Contexts: ${Object.keys(config.contexts).join(', ') || 'none'}.`,
    );
  return { name, context };
}

function createScope(
  options: CommonOptions,
  settings: Settings,
  context: Context | undefined,
  contextName: string,
  folder: string,
) {
  const named = async (level: 'tenant' | 'project'): Promise<string> => {
    const manifest = options[level] ? undefined : await findManifest(folder);
    const value = options[level] ?? manifest?.[level] ?? settings[level] ?? context?.[level];
    if (!value)
      throw usageError(
        `Which ${level}?`,
        `Add --${level} <name>, or choose one for the context '${contextName}' with 'slipway context use tenant/project'.`,
      );
    return checkName(level, value);
  };
  const tenant = async () => ({ tenant: await named('tenant') });
  const project = async () => ({ ...(await tenant()), project: await named('project') });
  const application = async () => {
    const value = options.app ?? (await findManifest(folder))?.application;
    if (!value)
      throw usageError('Which application?', 'Add --app <name>, or go to a folder whose slipway.yaml names it.');
    return { ...(await project()), application: checkName('application', value) };
  };
  const inEnvironment = <T>(place: T) => {
    const name = options.environment ?? settings.environment ?? context?.environment ?? 'production';
    return { ...place, environment: checkName('environment', name) };
  };
  const environment = async () => inEnvironment(await application());
  const projectEnvironment = async () => inEnvironment(await project());
  return { tenant, project, application, environment, projectEnvironment };
}

/** Refused here, so that a slip does not become another path of the API. Ids are accepted wherever names are. */
function checkName(what: string, value: string): string {
  if (!isName(value))
    throw usageError(`'${value}' is not the name of a ${what}.`, 'Names are lower-case letters, digits and dashes.');
  return value;
}
