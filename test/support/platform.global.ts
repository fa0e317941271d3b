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

/**
 * Starts the whole platform under a home and ports of its own, and resets it afterwards; its logs stay in
 * test/artifacts. `SLIPWAY_E2E_HOME` names a running platform to test instead: that one is left as it is.
 */
export default async function platform(project: TestProject): Promise<() => Promise<void>> {
  const given = process.env['SLIPWAY_E2E_HOME'];
  const started = given ? undefined : await startPlatform();
  const config = loadPlatformConfig({ home: given ?? started?.home ?? '' });
  const admin = JSON.parse(readFileSync(join(config.home, 'secrets/admin.json'), 'utf8')) as { password: string };
  project.provide('home', config.home);
  project.provide('portalUrl', config.portalUrl);
  project.provide('apiUrl', config.apiUrl);
  project.provide('adminPassword', admin.password);
  project.provide('kubeconfig', join(config.home, 'kubeconfig'));
  project.provide('gatewayPort', config.ports.gateway);
  project.provide('kubectls', findKubectls());
  project.provide('image', `${new URL(config.apiUrl).host}/library/busybox:latest`);
  return async () => started?.stop();
}

async function startPlatform(): Promise<{ home: string; stop: () => Promise<void> }> {
  const home = mkdtempSync(join(tmpdir(), 'slipway-e2e-'));
  const env = {
    ...process.env,
    SLIPWAY_HOME: home,
    SLIPWAY_PORT_BASE: `${await findFreePortBase(21_000)}`,
    // Base images are built once for all runs of a machine.
    SLIPWAY_IMAGE_CACHE: process.env['SLIPWAY_IMAGE_CACHE'] ?? join(tmpdir(), 'slipway-image-cache'),
  };
  let isStopped = false;
  const stopNow = () => {
    if (isStopped) return;
    isStopped = true;
    rmSync(join(artifacts, 'logs'), { recursive: true, force: true });
    if (existsSync(join(home, 'logs'))) cpSync(join(home, 'logs'), join(artifacts, 'logs'), { recursive: true });
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
    throw new Error('the platform did not start; its logs are in test/artifacts/logs');
  }
  return { home, stop: async () => stopNow() };
}
