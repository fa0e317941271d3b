import { spawn } from 'node:child_process';
import { closeSync, existsSync, mkdirSync, openSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { z } from 'zod';
import { inOwnRoot } from '../../bootstrap/own-root.mjs';
import { findPortHolder, isPortFree, portOffsets } from '../../bootstrap/ports.mjs';
import type { Arguments } from '../arguments.js';
import { type Config, ConfigError, loadConfig, settingsToRemember } from '../config.js';
import { askSupervisor, type SupervisorStatus } from '../control.js';
import { loadInstance } from '../instance.js';
import { tail } from '../log-files.js';
import { createPlatform, type Platform } from '../platform.js';
import { findRecord, isAlive } from '../process.js';
import { supervisorName } from '../service.js';
import { listServices, missingPrograms } from '../services/index.js';
import { keycloakAdministrator } from '../services/keycloak.js';
import { isReady, statusTable } from '../status.js';
import { specOf, supervise } from '../supervisor.js';

const startLimitSeconds = 180;
// The first start fetches and builds it.
const keycloakSeconds = 600;
const daemon = join(dirname(fileURLToPath(import.meta.url)), '../daemon.js');

/** `start [--foreground] [--nodes=simulated] [--port-base=N] …`: returns when everything is ready. */
export async function start({ flags }: Arguments): Promise<number> {
  const config = loadConfig(portOffsets, flags);
  loadInstance(config, settingsToRemember(flags));
  const build = process.env['SLIPWAY_BUILD'] ?? '';
  const running = await askSupervisor(config.home, { do: 'status' });
  if (running && running.build === build && running.spec === specOf(config)) {
    if (isReady(running)) {
      process.stdout.write(`Slipway runs already.\n\n${statusTable(running, Date.now())}\n\n`);
      greet(await createPlatform(config, build), false);
      return 0;
    }
  } else {
    if (running) {
      process.stdout.write('The build or the configuration has changed: processes that it touches restart.\n');
      await handOver(config, running);
    }
    const platform = await createPlatform(config, build);
    const missing = missingPrograms(listServices(platform));
    if (missing.length > 0)
      throw new ConfigError(`not built: ${missing.join(', ')}; run \`npm start\` in the checkout`);
    await assertPortsFree(platform);
    if (flags['foreground']) return foreground(config, build);
    launchDaemon(config, build);
  }
  const platform = await createPlatform(config, build);
  await untilReady(config);
  greet(platform, isFirstGreeting(platform));
  return 0;
}

async function foreground(config: Config, build: string): Promise<number> {
  const told = untilReady(config).then(
    async () => {
      const platform = await createPlatform(config, build);
      greet(platform, isFirstGreeting(platform));
    },
    (error) => process.stderr.write(`${error.message}\n`),
  );
  await supervise(config, build);
  await Promise.race([told, new Promise((resolve) => setTimeout(resolve, 500))]);
  return 0;
}

/** Ends the supervisor but not its processes: the next one adopts those that stay as they are. */
async function handOver(config: Config, running: SupervisorStatus): Promise<void> {
  const record = findRecord(config.home, supervisorName);
  await askSupervisor(config.home, { do: 'handover' });
  for (let waited = 0; record && isAlive(record) && waited < 300; waited++) await sleep(100);
  if (record && isAlive(record))
    throw new ConfigError(`the supervisor (pid ${running.pid}) does not end: \`npm stop\` first`);
}

/** In a session of its own, its standard streams closed, so that it outlives the terminal. */
function launchDaemon(config: Config, build: string): void {
  mkdirSync(join(config.home, 'logs'), { recursive: true });
  const log = openSync(join(config.home, 'logs', 'supervisor.log'), 'a');
  const env = { ...process.env, SLIPWAY_HOME: config.home, SLIPWAY_BUILD: build };
  const command = [process.execPath, '--max-old-space-size=128', '--max-semi-space-size=2', daemon];
  const [program = '', ...args] = inOwnRoot(command);
  spawn(program, args, { detached: true, stdio: ['ignore', log, log], cwd: '/', env }).unref();
  closeSync(log);
}

async function assertPortsFree(platform: Platform): Promise<void> {
  const { ports, home } = platform.config;
  const taken: string[] = [];
  const services = new Set(listServices(platform).map(({ name }) => name));
  const ours = [...services].flatMap((name) => findRecord(home, name)?.pid ?? []);
  const absent = [
    ...(services.has('postgres') ? [] : ['postgres']),
    ...(services.has('redis') ? [] : ['redis']),
    ...(services.has('registry') ? [] : ['registry', 'registryMetrics']),
    ...(services.has('prometheus') ? [] : ['prometheus', 'alertmanager']),
    ...(services.has('keycloak') ? [] : ['keycloak', 'keycloakManagement']),
  ];
  for (const [name, port] of Object.entries(ports)) {
    if (absent.includes(name) || (await isPortFree(port, platform.config.bind))) continue;
    const holder = findPortHolder(port);
    if (holder && isOurs(holder.pid, ours)) continue;
    const who = holder
      ? `process ${holder.pid} (${holder.command.slice(0, 100)})`
      : 'a process that /proc does not show';
    taken.push(`  ${port} (${name}) is held by ${who}`);
  }
  if (taken.length === 0) return;
  const remedy = 'End what holds them, or choose other ports: `npm start -- --port-base=7700` moves all of them,';
  throw new ConfigError(`ports are taken:\n${taken.join('\n')}\n${remedy} ports.<name> in ${home}/config.yaml one.`);
}

/** A leftover of an earlier supervisor, or one of its children: it will be adopted or ended. */
function isOurs(pid: number, ours: readonly number[]): boolean {
  if (ours.includes(pid)) return true;
  const stat = existsSync(`/proc/${pid}/stat`) ? readFileSync(`/proc/${pid}/stat`, 'utf8') : '';
  const [, parent, group] = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  return ours.includes(Number(parent)) || ours.includes(Number(group));
}

/** Tells of each process as it becomes ready. Throws with the last lines of the logs of those that do not. */
async function untilReady(config: Config): Promise<void> {
  const limitSeconds = startLimitSeconds + (config.identity === 'keycloak' ? keycloakSeconds : 0);
  const deadline = Date.now() + limitSeconds * 1000;
  const told = new Set<string>();
  let seen: SupervisorStatus | undefined;
  while (Date.now() < deadline) {
    seen = await askSupervisor(config.home, { do: 'status' });
    for (const { name, state, readySeconds = 0, restarts, message } of seen?.services ?? []) {
      const line = state === 'ready' ? `  ✓ ${name.padEnd(14)}${readySeconds.toFixed(1)} s` : undefined;
      const trouble =
        restarts > 0 && state !== 'ready' && message ? `  … ${name}: ${message} (attempt ${restarts + 1})` : undefined;
      for (const text of [line, trouble]) {
        if (text && !told.has(text)) process.stdout.write(`${text}\n`);
        if (text) told.add(text);
      }
    }
    if (seen && isReady(seen)) return;
    if (!seen && told.size === 0 && Date.now() > deadline - (limitSeconds - 15) * 1000) break;
    await sleep(150);
  }
  const names = seen
    ? seen.services.filter(({ state, isOneShot }) => !isOneShot && state !== 'ready').map(({ name }) => name)
    : ['supervisor'];
  const logs = await Promise.all(
    names.map(async (name) => `--- ${name}\n${(await tail(join(config.home, 'logs', `${name}.log`), 15)).join('\n')}`),
  );
  throw new ConfigError(
    `not ready: ${names.join(', ')}\n${logs.join('\n')}\nMore: \`npm run logs <process>\`; \`npm stop\` ends what runs.`,
  );
}

function greet(platform: Platform, isFirst: boolean): void {
  const { config, secrets } = platform;
  const admin = z
    .object({ username: z.string(), password: z.string() })
    .parse(JSON.parse(readFileSync(secrets.admin, 'utf8')));
  const password = isFirst ? admin.password : `in ${secrets.admin}`;
  const lines = [
    'Slipway is ready.',
    '',
    `  Portal      ${config.portalUrl}`,
    `  Login       ${admin.username}`,
    `  Password    ${password}`,
    `  API         ${config.apiUrl}/api/v1`,
    `  Apps        http://<application>.${config.appsDomain}:${config.ports.gateway}`,
    `  Kubernetes  export KUBECONFIG=${platform.at('kubeconfig')}`,
    ...(platform.embeds.keycloak
      ? [
          `  Keycloak    ${platform.urls.keycloak}/admin (${keycloakAdministrator}, password in ${secrets.keycloakAdmin})`,
        ]
      : []),
    `  Data        ${config.home}`,
    '',
    'Next: open the portal and create a project, or deploy the sample from the command line:',
    '',
    `  npx slipway login --server ${config.apiUrl} --username ${admin.username}`,
    '  cd docs/samples/hello && npx slipway deploy',
    '',
    '`npm run status` shows the processes, `npm run logs` their logs, `npm stop` stops them.',
  ];
  process.stdout.write(`${lines.join('\n')}\n`);
}

/** The password is shown once; after that its file is named. */
function isFirstGreeting(platform: Platform): boolean {
  const marker = platform.at('run', 'greeted');
  if (existsSync(marker)) return false;
  mkdirSync(dirname(marker), { recursive: true });
  writeFileSync(marker, '');
  return true;
}

function sleep(milliseconds: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, milliseconds));
}
