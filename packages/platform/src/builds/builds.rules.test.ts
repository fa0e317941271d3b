import type { Pod } from '@slipway/orchestrator/kinds';
import { describe, expect, it } from 'vitest';
import { type BuildPodInput, planBuildPod, planBuildSecret, readOutcome } from './builds.rules.js';

const input: BuildPodInput = {
  id: '0197',
  number: 3,
  tenant: 'acme',
  project: 'shop',
  application: 'hello',
  source: { type: 'git', url: 'https://git.example.com/x.git', ref: 'main' },
  dockerfile: 'Dockerfile',
  context: '.',
  apiUrl: 'http://api.cluster:7601',
  registryHost: '127.0.0.1:7601',
  registryHostInCluster: 'api.cluster:7601',
  token: 'slp_build_x',
  proxyEnvironment: {},
  caBundle: undefined,
};
const digest = `sha256:${'a'.repeat(64)}`;

function pod(status: object, container?: object): Pod {
  return {
    ...planBuildPod(input),
    status: { ...status, ...(container ? { containerStatuses: [{ name: 'build', ...container }] } : {}) },
  } as Pod;
}

const env = (more: Partial<BuildPodInput>): Record<string, string | undefined> =>
  Object.fromEntries(
    (planBuildPod({ ...input, ...more }).spec?.containers[0]?.env ?? []).map(({ name, value }) => [name, value]),
  );

describe('planBuildPod', () => {
  it('runs as nobody special, without a token, within limits and a deadline', () => {
    expect(planBuildPod(input).spec).toMatchObject({
      automountServiceAccountToken: false,
      activeDeadlineSeconds: 1800,
      restartPolicy: 'Never',
      securityContext: { runAsUser: 1000, seccompProfile: { type: 'Unconfined' } },
      containers: [{ resources: { limits: { cpu: '2', memory: '3Gi', 'ephemeral-storage': '20Gi' } } }],
    });
  });

  it('keeps its token out of the pod, where everyone who may list pods could read it', () => {
    expect(JSON.stringify(planBuildPod(input))).not.toContain(input.token);
    expect(Buffer.from(planBuildSecret(input).data?.['token'] ?? '', 'base64').toString()).toBe(input.token);
  });

  it('hands the proxy on in both spellings, and never for our own doors', () => {
    expect(env({})).not.toHaveProperty('NO_PROXY');
    expect(env({ proxyEnvironment: { HTTPS_PROXY: 'http://proxy:3128', NO_PROXY: 'localhost' } })).toMatchObject({
      HTTPS_PROXY: 'http://proxy:3128',
      https_proxy: 'http://proxy:3128',
      no_proxy: 'localhost,api.cluster,api.cluster,.svc.cluster.local',
    });
  });

  it('hands the trusted certificates on', () => {
    expect(planBuildSecret(input).data).not.toHaveProperty('ca.crt');
    expect(planBuildSecret({ ...input, caBundle: 'PEM' }).data).toHaveProperty('ca.crt');
  });
});

describe('readOutcome', () => {
  const ended = (exitCode: number, message?: string, reason?: string) => ({
    state: { terminated: { exitCode, message, reason } },
  });
  it.each<[string, Pod, string[], object]>([
    [
      'not scheduled',
      pod({ phase: 'Pending', conditions: [{ type: 'PodScheduled', status: 'False', message: 'full' }] }),
      [],
      { state: 'waiting', message: 'full' },
    ],
    ['running', pod({ phase: 'Running' }, { state: { running: {} } }), [], { state: 'running' }],
    [
      'digest in its message',
      pod({ phase: 'Succeeded' }, ended(0, `digest ${digest}`)),
      [],
      { state: 'succeeded', digest },
    ],
    [
      'digest in its log',
      pod({ phase: 'Succeeded' }, ended(0)),
      ['x', `::slipway:: digest ${digest}`],
      { state: 'succeeded', digest },
    ],
    [
      'its own error',
      pod({ phase: 'Failed' }, ended(1, 'error There is no Dockerfile')),
      [],
      { state: 'failed', error: 'There is no Dockerfile' },
    ],
    [
      'a digest printed by the Dockerfile itself does not count',
      pod({ phase: 'Failed' }, ended(1)),
      [`::slipway:: digest ${digest}`],
      { state: 'failed', error: 'The build stopped without a result (exit code 1): see its log.' },
    ],
    [
      'deadline',
      pod({ phase: 'Failed', reason: 'DeadlineExceeded' }),
      [],
      { state: 'failed', error: 'The build took longer than 30 minutes.' },
    ],
    [
      'memory',
      pod({ phase: 'Failed' }, ended(137, '', 'OOMKilled')),
      [],
      { state: 'failed', error: 'The build ran out of memory (3 GiB).' },
    ],
    [
      'no builder yet',
      pod({ phase: 'Pending' }, { state: { waiting: { reason: 'ImagePullBackOff', message: 'not found' } } }),
      [],
      {
        state: 'waiting',
        message: "The builder's image is not in the registry yet: a first start makes it in the background.",
      },
    ],
  ])('%s', (_, shown, lines, outcome) => expect(readOutcome(shown, lines)).toEqual(outcome));
});
