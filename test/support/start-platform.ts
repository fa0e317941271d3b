import { spawn, spawnSync } from 'node:child_process';
import { cpSync, existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { findFreePortBase, loadPlatformConfig } from '@slipway/local';
import type { TestProject } from 'vitest/node';
import { findKubectls } from './kubectl-programs.js';

const checkout = fileURLToPath(new URL('../..', import.meta.url));
const cli = join(checkout, 'infra/local/dist/cli.js');
const artifacts = join(checkout, 'test/artifacts');

export interface PlatformUnderTest {
  /** Its logs stay in test/artifacts/logs/<name>. */
  readonly name: string;
  /** The home of a running one, which is left as it is. */
  readonly given: string | undefined;
  readonly portBase: number;
  readonly env?: Readonly<Record<string, string>>;
}

/**
 * Starts the whole platform under a home and ports of its own, and tells the project's tests of it. Answers what ends it.
 */
export async function providePlatform(project: TestProject, options: PlatformUnderTest): Promise<() => Promise<void>> {
  const started = options.given ? undefined : await startPlatform(options);
  const config = loadPlatformConfig({ home: options.given ?? started?.home ?? '' });
  const secret = (name: string) => readFileSync(join(config.home, 'secrets', name), 'utf8').trim();
  const admin = JSON.parse(secret('admin.json')) as { password: string };
  project.provide('home', config.home);
  project.provide('portalUrl', config.portalUrl);
  project.provide('apiUrl', config.apiUrl);
  project.provide('adminPassword', admin.password);
  project.provide('kubeconfig', join(config.home, 'kubeconfig'));
  project.provide('gatewayPort', config.ports.gateway);
  project.provide('kubectls', findKubectls());
  project.provide('image', `${new URL(config.apiUrl).host}/library/busybox:latest`);
  const isKeycloak = config.identity === 'keycloak';
  project.provide(
    'keycloak',
    isKeycloak ? { url: `http://127.0.0.1:${config.ports.keycloak}`, password: secret('keycloak-admin') } : null,
  );
  return async () => started?.stop();
}

async function startPlatform({ name, portBase, env: extra }: PlatformUnderTest) {
  const home = mkdtempSync(join(tmpdir(), 'slipway-e2e-'));
  const env = {
    ...process.env,
    SLIPWAY_HOME: home,
    SLIPWAY_PORT_BASE: `${await findFreePortBase(portBase)}`,
    // Base images are built once for all runs of a machine.
    SLIPWAY_IMAGE_CACHE: process.env['SLIPWAY_IMAGE_CACHE'] ?? join(tmpdir(), 'slipway-image-cache'),
    ...extra,
  };
  const logs = join(artifacts, 'logs', name);
  let isStopped = false;
  const stopNow = () => {
    if (isStopped) return;
    isStopped = true;
    rmSync(logs, { recursive: true, force: true });
    if (existsSync(join(home, 'logs'))) cpSync(join(home, 'logs'), logs, { recursive: true });
    const { status } = spawnSync(process.execPath, [cli, 'reset', '--yes'], {
      env,
      stdio: ['ignore', 'inherit', 'inherit'],
    });
    if (status !== 0) throw new Error('the platform under test left something behind, see above');
  };
  // An interrupted run must not leave a platform either.
  process.once('exit', stopNow);
  const code = await new Promise<number>((resolve, reject) => {
    const child = spawn(process.execPath, [cli, 'start'], { env, stdio: ['ignore', 'inherit', 'inherit'] });
    child.once('error', reject);
    child.once('exit', (status) => resolve(status ?? 1));
  });
  if (code !== 0) {
    stopNow();
    throw new Error(`the platform did not start; its logs are in ${logs}`);
  }
  return { home, stop: async () => stopNow() };
}
