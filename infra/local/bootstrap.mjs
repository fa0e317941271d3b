#!/usr/bin/env node
// The one door of `npm start|stop|status|logs|reset|backup|restore|dev|test|bench`. Plain JavaScript without dependencies: it runs on a
// machine where nothing of ours is installed yet, brings that about, and hands over to infra/local/dist/cli.js.
import { spawn } from 'node:child_process';
import { appendFileSync, existsSync, mkdirSync, readFileSync } from 'node:fs';
import { homedir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build, installModules, sourceHash } from './bootstrap/build.mjs';
import { checkMachine, checkNftables } from './bootstrap/machine.mjs';
import { installPackages, missingPackages } from './bootstrap/packages.mjs';
import { Advice, createProgress } from './bootstrap/progress.mjs';
import { runTests } from './bootstrap/test.mjs';

const root = resolve(dirname(fileURLToPath(import.meta.url)), '../..');
const cli = join(root, 'infra/local/dist/cli.js');
const [command = 'start', ...args] = process.argv.slice(2);
const flag = (name) => args.find((arg) => arg.startsWith(`--${name}=`))?.slice(name.length + 3);
const isRoot = process.getuid?.() === 0;
const home = resolve(
  flag('home') ?? process.env.SLIPWAY_HOME ?? (isRoot ? '/var/lib/slipway' : join(homedir(), '.local/share/slipway')),
);
const remembered = readJson(join(home, 'instance.json'))?.flags ?? {};
const simulate = (flag('nodes') ?? process.env.SLIPWAY_NODES ?? remembered.nodes) === 'simulated';
const keycloak = (flag('identity') ?? process.env.SLIPWAY_IDENTITY ?? remembered.identity) === 'keycloak';

const commands = {
  start: () => start(args),
  restart: () => start(args),
  dev,
  test,
  bench,
  stop: () => handOver('stop', args),
  status: () => handOver('status', args),
  logs: () => handOver('logs', args),
  reset: () => handOver('reset', args),
  backup: () => handOver('backup', args),
  restore,
};

if (args.includes('--help') || args.includes('-h')) {
  process.stdout.write(
    `npm start|stop|status|restart|logs|reset|backup|restore|dev|test|bench [-- OPTIONS]\nWhat each does and its options: docs/guide/administration.md\n`,
  );
  process.exit(0);
}
try {
  const known = Object.hasOwn(commands, command);
  if (!known) throw new Advice(`unknown command ${command}: one of ${Object.keys(commands).join(', ')}`);
  process.exitCode = await commands[command]();
} catch (error) {
  process.stderr.write(`\n${error instanceof Advice ? error.message : error.stack}\n`);
  process.exitCode = 1;
}

/** From whatever this machine is to a platform that answers. */
async function start(options) {
  const began = Date.now();
  const base = Number(flag('port-base') ?? process.env.SLIPWAY_PORT_BASE ?? remembered['ports.base'] ?? 7600);
  const prepared = await prepare({
    ports: { base, host: process.env.SLIPWAY_BIND ?? '127.0.0.1', home },
    log: logFile(join(home, 'logs')),
  });
  const code = await handOver('start', options);
  const record = { at: new Date().toISOString(), seconds: (Date.now() - began) / 1000, steps: prepared.seconds, code };
  if (existsSync(home)) appendFileSync(join(home, 'logs/start.log'), `${JSON.stringify(record)}\n`);
  return code;
}

/** Works on a machine that has nothing but a home with the backup, too. */
async function restore() {
  await prepare({ log: logFile(join(home, 'logs')) });
  return handOver('restore', args);
}

/** Watches sources: our processes restart when what they are built from changes, the portal reloads by itself. */
async function dev() {
  const code = await start(['--dev', ...args]);
  if (code !== 0) return code;
  process.stdout.write('\nWatching sources. Ctrl-C ends the watch; `npm stop` ends the platform.\n');
  return runShown('npx', ['--no-install', 'tsc', '-b', '--watch', '--preserveWatchOutput'], {});
}

/** Everything that CI checks. The last line is `N passed, N failed`. */
async function test() {
  const names = args.filter((arg) => !arg.startsWith('--'));
  let result;
  try {
    await prepare({ withTests: true, log: logFile(join(root, 'test/artifacts')) });
    result = await runTests(root, names);
  } catch (error) {
    process.stderr.write(`\n${error instanceof Advice ? error.message : error.stack}\n`);
    result = { passed: 0, failed: 1, skipped: 0 };
  }
  process.stdout.write(`${result.passed} passed, ${result.failed} failed\n`);
  return result.failed === 0 ? 0 : 1;
}

async function bench() {
  await prepare({ withTests: true, log: logFile(join(root, 'test/artifacts')) });
  return runShown(process.execPath, [join(root, 'test/dist/load/bench.js'), ...args], {
    SLIPWAY_BUILD: sourceHash(root),
  });
}

/** Checks the machine, installs what is missing, builds what has changed. */
async function prepare({ ports, withTests = false, log }) {
  const progress = createProgress({ log });
  const { step } = progress;
  await step('Check the machine', async () => {
    const problems = await checkMachine({ home, simulate, ports });
    return report(problems);
  });
  const missing = missingPackages({ simulate, keycloak: withTests || keycloak, test: withTests });
  if (missing.length > 0) {
    await step(`Install ${missing.length} Debian packages`, (note) => installPackages(missing, { log, note }));
  }
  if (!simulate) report([checkNftables()].filter(Boolean));
  await step('Install Node packages', (note) => installModules(root, { log, note }));
  await step('Build', (note) => build(root, { log, note, withTests }));
  return progress;
}

/** Warnings are shown, anything fatal ends the command: all of it at once, each with its remedy. */
function report(problems) {
  const fatal = problems.filter(({ isFatal }) => isFatal);
  if (fatal.length > 0) {
    const lines = fatal.map(({ problem, remedy }) => `  ✗ ${problem}\n    → ${remedy}`);
    throw new Advice(`This machine cannot run Slipway yet:\n${lines.join('\n')}`);
  }
  return problems.map(({ problem, remedy }) => `(${problem}: ${remedy})`).join(' ') || undefined;
}

/** Runs a command of the supervisor's own command line. */
function handOver(name, options) {
  if (!existsSync(cli)) throw new Advice('Slipway is not built here: `npm start` first.');
  return runShown(
    process.execPath,
    [cli, name, ...options],
    name === 'start' || name === 'restore' ? { SLIPWAY_BUILD: sourceHash(root) } : {},
  );
}

function runShown(program, options, env) {
  return new Promise((done, fail) => {
    const child = spawn(program, options, {
      stdio: 'inherit',
      env: { ...process.env, SLIPWAY_HOME: home, ...env },
      cwd: root,
    });
    // The terminal sends Ctrl-C to both; this one waits for the other's end.
    const wait = () => undefined;
    process.on('SIGINT', wait);
    process.on('SIGTERM', () => child.kill('SIGTERM'));
    child.once('error', fail);
    child.once('exit', (code, signal) => done(signal ? 130 : (code ?? 1)));
  });
}

function logFile(directory) {
  try {
    mkdirSync(directory, { recursive: true });
    const file = join(directory, 'install.log');
    appendFileSync(file, `\n=== ${new Date().toISOString()} ${command}\n`);
    return file;
  } catch (error) {
    throw new Advice(`${directory} cannot be written (${error.message}): run as root, or set SLIPWAY_HOME`);
  }
}

function readJson(file) {
  try {
    return JSON.parse(readFileSync(file, 'utf8'));
  } catch {
    return undefined;
  }
}
