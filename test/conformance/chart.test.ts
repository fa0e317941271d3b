import { execFileSync } from 'node:child_process';
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { checkout, finish } from '../support/slipway.js';

const chart = join(checkout, 'charts/slipway');
const sets = readdirSync(join(chart, 'ci')).map((name) => join(chart, 'ci', name));
const isThere = (() => {
  try {
    execFileSync('helm', ['version'], { stdio: 'ignore' });
    return true;
  } catch {
    console.log('skipped: there is no helm on this machine');
    return false;
  }
})();
const helm = (...words: string[]) => finish('helm', words);

describe.skipIf(!isThere)('the Helm chart', () => {
  test.each(sets)('passes lint and renders with %s', async (values) => {
    const lint = await helm('lint', chart, '--strict', '-f', values);
    expect(lint, lint.stdout + lint.stderr).toMatchObject({ exit: 0 });
    const rendered = await helm('template', 'test', chart, '-f', values);
    expect(rendered, rendered.stderr).toMatchObject({ exit: 0 });
    for (const part of ['api', 'worker', 'portal']) expect(rendered.stdout).toContain(`name: test-slipway-${part}`);
  });

  test('every container is restricted, limited and probed', async () => {
    const { stdout } = await helm('template', 'test', chart, '-f', join(chart, 'ci/embedded-values.yaml'));
    const deployments = stdout.split(/^---$/m).filter((text) => /^kind: Deployment$/m.test(text));
    expect(deployments).toHaveLength(3);
    for (const text of deployments)
      for (const promise of [
        'readOnlyRootFilesystem: true',
        'allowPrivilegeEscalation: false',
        'runAsNonRoot: true',
        'limits:',
        'livenessProbe:',
        'readinessProbe:',
      ])
        expect(text).toContain(promise);
  });

  test.each([
    ['no database', [], 'database.url'],
    ['a field that does not exist', ['--set', 'prot=1'], 'prot'],
    ['fewer replicas than none', ['--set', 'api.replicas=-1'], '/api/replicas'],
  ])('%s is refused by name', async (_, words, name) => {
    const values = words.length > 0 ? ['-f', join(chart, 'ci/embedded-values.yaml')] : [];
    const { exit, stderr } = await helm('template', 'test', chart, ...values, ...words);
    expect(exit).not.toBe(0);
    expect(stderr).toContain(name);
  });
});
