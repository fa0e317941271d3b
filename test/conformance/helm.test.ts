import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, inject, test } from 'vitest';
import { createKubectl, kubectlMinor } from '../support/kubectl.js';
import { finish, uniqueName } from '../support/slipway.js';

const program = process.env['HELM'] ?? 'helm';
const isThere = (() => {
  try {
    execFileSync(program, ['version'], { stdio: 'ignore' });
    return true;
  } catch {
    console.log('skipped: there is no helm on this machine');
    return false;
  }
})();
const namespace = uniqueName('helm');
const chart = mkdtempSync(join(tmpdir(), 'slipway-helm-'));
const image = inject('image');
const { ok } = createKubectl(namespace);

async function helm(...words: string[]): Promise<string> {
  const common = ['--kubeconfig', inject('kubeconfig'), '-n', namespace];
  const { exit, stdout, stderr } = await finish(program, [...common, ...words]);
  if (exit !== 0) throw new Error(`helm ${words.join(' ')} ended with ${exit}\n${stderr}${stdout}`);
  return stdout;
}

const container = (command: string[]) => ({ name: 'main', image, imagePullPolicy: 'IfNotPresent', command });
const templates = {
  'web.yaml': {
    apiVersion: 'apps/v1',
    kind: 'Deployment',
    metadata: { name: 'web', annotations: { color: '{{ .Values.color }}' } },
    spec: {
      selector: { matchLabels: { app: 'web' } },
      template: {
        metadata: { labels: { app: 'web' } },
        spec: { terminationGracePeriodSeconds: 0, containers: [container(['sleep', '1000'])] },
      },
    },
  },
  'test.yaml': {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { name: 'check', annotations: { 'helm.sh/hook': 'test' } },
    spec: { restartPolicy: 'Never', containers: [container(['sh', '-c', 'echo checked'])] },
  },
};

describe.skipIf(!isThere || !kubectlMinor)('a release by helm', () => {
  beforeAll(() => {
    mkdirSync(join(chart, 'templates'));
    writeFileSync(join(chart, 'Chart.yaml'), 'apiVersion: v2\nname: demo\nversion: 0.1.0\n');
    writeFileSync(join(chart, 'values.yaml'), 'color: blue\n');
    for (const [name, object] of Object.entries(templates))
      writeFileSync(join(chart, 'templates', name), JSON.stringify(object));
  });
  afterAll(async () => {
    rmSync(chart, { recursive: true, force: true });
    await ok(['delete', 'namespace', namespace, '--wait=false', '--ignore-not-found']);
  });

  test('installs, is tested, is upgraded, goes back and leaves', async () => {
    const color = () => ok(['get', 'deployment', 'web', '-o', 'jsonpath={.metadata.annotations.color}']);
    const wait = ['--wait', '--timeout=90s'];
    expect(await helm('install', 'demo', chart, '--create-namespace', ...wait)).toContain('STATUS: deployed');
    expect(await color()).toBe('blue');
    expect(await helm('test', 'demo', '--logs', '--timeout=60s')).toContain('checked');
    await helm('upgrade', 'demo', chart, '--set', 'color=green', ...wait);
    expect(await color()).toBe('green');
    expect(await helm('history', 'demo')).toMatch(/^2 .*deployed/m);
    await helm('rollback', 'demo', '1', ...wait);
    expect(await color()).toBe('blue');
    expect(await helm('list')).toMatch(/^demo\s+\S+\s+3\s/m);
    await helm('uninstall', 'demo', ...wait);
    expect(await ok(['get', 'deployment', 'web', '--ignore-not-found', '-o', 'name'])).toBe('');
  });
});
