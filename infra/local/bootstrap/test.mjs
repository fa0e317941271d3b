// Every check and every test, quick ones first; the last line is `N passed, N failed`.
import { spawn } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { stripVTControlCharacters } from 'node:util';
import { inOwnRoot } from './own-root.mjs';

const checks = [
  { name: 'lint', command: ['biome', 'check', '.'] },
  {
    name: 'boundaries',
    command: ['depcruise', 'apps', 'packages', 'infra', 'test', '--config', '.dependency-cruiser.cjs'],
  },
  { name: 'dead code', command: ['knip'] },
  { name: 'generated files', command: ['node', 'infra/local/check-generated.mjs'] },
];
const projects = [
  { name: 'unit', minutes: 6 },
  { name: 'db', minutes: 25 },
  { name: 'machine', minutes: 8 },
  { name: 'e2e', minutes: 28 },
  { name: 'keycloak', minutes: 12 },
];

/** Runs all, or the vitest projects and checks named. Answers `{ passed, failed, skipped }`. */
export async function runTests(root, names) {
  const artifacts = join(root, 'test/artifacts');
  mkdirSync(artifacts, { recursive: true });
  const total = { passed: 0, failed: 0, skipped: 0 };
  const lines = [];
  const news = [];
  const add = (name, result, seconds) => {
    news.push(...(result.news ?? []));
    total.passed += result.passed;
    total.failed += result.failed;
    total.skipped += result.skipped;
    const skipped = result.skipped ? `, ${result.skipped} skipped` : '';
    lines.push(
      `  ${name.padEnd(16)} ${result.passed} passed, ${result.failed} failed${skipped}  (${seconds.toFixed(0)} s)`,
    );
  };
  const wanted = (name) => names.length === 0 || names.includes(name);
  for (const { name, command } of checks.filter((check) => wanted(check.name))) {
    const start = Date.now();
    process.stdout.write(`\n── ${name}\n`);
    const code = await execute(root, command, 5);
    add(name, { passed: code === 0 ? 1 : 0, failed: code === 0 ? 0 : 1, skipped: 0 }, (Date.now() - start) / 1000);
  }
  for (const { name, minutes } of projects.filter((project) => wanted(project.name))) {
    const start = Date.now();
    process.stdout.write(`\n── ${name}\n`);
    const report = join(artifacts, `${name}.json`);
    rmSync(report, { force: true });
    const reporters = ['--reporter=default', '--reporter=json', `--outputFile.json=${report}`];
    const vitest = [
      join(root, 'node_modules/.bin/vitest'),
      'run',
      '--project',
      name,
      '--passWithNoTests',
      ...reporters,
    ];
    // Containers of a chroot would see the machine's files; the other projects run none, or start a platform that knows.
    const code = await execute(root, name === 'machine' ? inOwnRoot(vitest, root) : vitest, minutes);
    add(name, count(report, code), (Date.now() - start) / 1000);
  }
  // Last, and short: who reads only the end of a long log must find what failed, and what failed at first.
  process.stdout.write(`\n${[...news.map((each) => `  ${each}`), ...lines].join('\n')}\n`);
  return total;
}

/** Tests of a report; a file that could not be run, or a run that ended badly, is one failure. */
function count(report, code) {
  if (!existsSync(report)) return { passed: 0, failed: code === 0 ? 0 : 1, skipped: 0 };
  const {
    numPassedTests = 0,
    numFailedTests = 0,
    numPendingTests = 0,
    numTodoTests = 0,
    testResults = [],
  } = JSON.parse(readFileSync(report, 'utf8'));
  const broken = testResults.filter(
    ({ status, assertionResults }) => status === 'failed' && !assertionResults.some((test) => test.status === 'failed'),
  );
  const failed = numFailedTests + broken.length;
  return {
    passed: numPassedTests,
    failed: failed === 0 && code !== 0 ? 1 : failed,
    skipped: numPendingTests + numTodoTests,
    news: testResults.flatMap((file) => [...describeFailures(file), ...describeRetried(file)]),
  };
}

/** A line for each failed test of a file, or for the file that could not be run. */
function describeFailures({ name: file, status, message, assertionResults }) {
  if (status !== 'failed') return [];
  const failed = assertionResults.filter((test) => test.status === 'failed');
  if (failed.length === 0) return [`FAILED ${lastPart(file)}: ${firstLine(message)}`];
  return failed.map((test) => `FAILED ${describe(file, test)}`);
}

/** A line for each test that failed, and passed when it was tried again. */
function describeRetried({ name: file, assertionResults }) {
  const retried = assertionResults.filter((test) => test.status === 'passed' && test.failureMessages?.length > 0);
  return retried.map((test) => `PASSED AT THE SECOND TRY ${describe(file, test)}`);
}

function describe(file, { fullName, failureMessages }) {
  return `${lastPart(file)} > ${fullName}: ${firstLine(failureMessages?.[0])}`;
}

function lastPart(file) {
  return file.slice(file.lastIndexOf('/') + 1);
}

function firstLine(text = '') {
  return stripVTControlCharacters(text).split('\n', 1)[0].slice(0, 300);
}

/** Runs a tool of node_modules with its output shown; after the minutes it is ended. Answers its exit code. */
function execute(root, [program, ...args], minutes) {
  const path = `${join(root, 'node_modules/.bin')}:${process.env.PATH ?? ''}`;
  const env = {
    ...process.env,
    PATH: path,
    NEXT_TELEMETRY_DISABLED: '1',
    CHECKPOINT_DISABLE: '1',
    PRISMA_SCHEMA_ENGINE_BINARY: '/bin/true',
  };
  return new Promise((resolve) => {
    const child = spawn(program, args, { cwd: root, env, stdio: ['ignore', 'inherit', 'inherit'] });
    let force;
    // SIGTERM first: global set-ups take down what they started.
    const limit = setTimeout(() => {
      process.stdout.write(`${program} took longer than ${minutes} minutes and is ended\n`);
      child.kill('SIGTERM');
      force = setTimeout(() => child.kill('SIGKILL'), 60_000);
    }, minutes * 60_000);
    const end = (code) => {
      clearTimeout(limit);
      clearTimeout(force);
      resolve(code);
    };
    child.once('error', (error) => {
      process.stdout.write(`${program} cannot be run: ${error.message}\n`);
      end(1);
    });
    child.once('exit', (code) => end(code ?? 1));
  });
}
