import { hostname } from 'node:os';
import { setTimeout } from 'node:timers/promises';
import { Command } from 'commander';
import { createApi, read } from '../api.js';
import { openInBrowser } from '../browser.js';
import { defaultServer, parseServer, readConfig, withContext, writeConfig } from '../config.js';
import { CliError, usageError } from '../errors.js';
import { withExamples } from '../help.js';
import { beginDeviceLogin, exchangePassword } from '../issuer.js';
import { ask, canPrompt, readLine } from '../prompt.js';
import { type Cli, type CommonOptions, withScope } from '../session.js';

interface LoginOptions extends CommonOptions {
  readonly username?: string;
  readonly code?: string;
  readonly password?: string;
  readonly passwordStdin?: boolean;
  readonly token?: string;
  readonly tokenStdin?: boolean;
  readonly expiresInDays: number;
}

export function registerLogin(program: Command, cli: Cli): void {
  const command = program
    .command('login')
    .description('Log in to a server and remember it as a context.')
    .option('-u, --username <name>', 'log in by user name and password instead of by the browser')
    .option('--code <code>', 'a code of your authenticator app, with --username')
    .option('--password <password>', 'password; other users of the machine may see it: prefer --password-stdin')
    .option('--password-stdin', 'read the password from stdin')
    .option('--token <token>', 'a personal or robot token instead of a password')
    .option('--token-stdin', 'read the token from stdin')
    .option('--expires-in-days <days>', 'life of the token that this login makes', Number, 90);
  withScope(command, 'server').action((options: LoginOptions) => login(cli, options));
  withExamples(
    command,
    'slipway login --server https://slipway.example.com   # confirms in the browser',
    'cat password | slipway login --username admin --password-stdin',
    'echo "$TOKEN" | slipway login --token-stdin --context ci',
  );
}

async function login(cli: Cli, options: LoginOptions): Promise<void> {
  const { io, settings } = cli;
  const config = await readConfig(settings.configFile);
  const name = options.context ?? config.currentContext;
  const context = config.contexts[name];
  const server = parseServer(options.server ?? settings.server ?? context?.server ?? defaultServer);
  const kept = context && parseServer(context.server) === server ? context : undefined;

  const given = options.tokenStdin ? await readLine(io) : options.token;
  const { token, tokenId } = given
    ? { token: given, tokenId: undefined }
    : await keepToken(cli, options, server, await findAccessToken(cli, options, server));
  const me = await read(createApi({ server, token }).GET('/api/v1/me'));
  // The scope of an earlier login stays when it is the same user's on the same server.
  const scope = kept?.username === me.username ? kept : undefined;
  const only = me.memberships.length === 1 ? me.memberships[0]?.tenant : undefined;
  await writeConfig(
    settings.configFile,
    withContext(config, name, {
      server,
      token,
      tokenId,
      username: me.username,
      tenant: scope?.tenant ?? only,
      project: scope?.project,
      environment: scope?.environment,
    }),
  );
  const out = cli.output(options);
  out.note(`Logged in to ${server} as ${me.username} (context '${name}', kept in ${settings.configFile}).`);
  out.text({ context: name, server, username: me.username }, (result) => result.username);
}

/** By the browser on a terminal, unless a user name or a password is given. */
function findAccessToken(cli: Cli, options: LoginOptions, server: string): Promise<string> {
  const isByPassword = options.username !== undefined || options.password !== undefined || options.passwordStdin;
  return isByPassword || !canPrompt(cli.io) ? loginByPassword(cli, options, server) : loginByBrowser(cli, server);
}

async function loginByBrowser(cli: Cli, server: string): Promise<string> {
  const { io } = cli;
  const sleep = (milliseconds: number) => setTimeout(milliseconds, undefined, { signal: io.signal });
  const device = await beginDeviceLogin(server, sleep);
  io.stderr.write(`Open ${device.url}\nand confirm the code ${device.userCode}. Waiting…\n`);
  openInBrowser(device.url);
  return device.wait();
}

async function loginByPassword(cli: Cli, options: LoginOptions, server: string): Promise<string> {
  const { io } = cli;
  const username = options.username ?? (canPrompt(io) ? await ask(io, `Username for ${server}: `) : undefined);
  if (!username) throw usageError('Which user?', 'Add --username, or --token.');
  const password = options.passwordStdin
    ? await readLine(io)
    : (options.password ?? (canPrompt(io) ? await ask(io, 'Password: ', { hidden: true }) : undefined));
  if (!password) throw usageError('No password was given.', 'Pipe it in and add --password-stdin.');
  return exchangePassword({ server, username, password, code: options.code });
}

/** The access token lives for minutes; what is kept is a token of the user's own, which 'logout' revokes. */
async function keepToken(
  cli: Cli,
  options: LoginOptions,
  server: string,
  accessToken: string,
): Promise<{ token: string; tokenId: string }> {
  const api = createApi({ server, token: accessToken });
  const name = toTokenName(hostname(), cli.io.now());
  const created = await read(
    api.POST('/api/v1/me/tokens', { body: { name, expiresInDays: options.expiresInDays, kind: 'login' } }),
  );
  if (!created.token) throw new CliError('token-missing', 'The server made a token but did not answer it.');
  return { token: created.token, tokenId: created.id };
}

/** `cli-laptop-20261121-093015042`: which machine, since when, to the millisecond: jobs of one machine begin together. */
export function toTokenName(host: string, now: Date): string {
  const machine = host
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, '-')
    .replace(/^-+|-+$/g, '')
    .slice(0, 30)
    .replace(/-+$/, '');
  const stamp = now.toISOString().replace(/[-:.]/g, '').replace('T', '-').slice(0, 18);
  return ['cli', machine, stamp].filter(Boolean).join('-');
}
