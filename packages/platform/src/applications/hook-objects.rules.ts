import { managedBy } from '../kernel/kubernetes/labels.js';
import type { CommandHook, HookName } from './applications.rules.js';
import {
  type Manifest,
  planConfig,
  planHookContainer,
  pullSecretName,
  type ReleaseInput,
  selectorLabels,
} from './kube-objects.rules.js';
import { securePod } from './pod-parts.rules.js';

export const hookLabel = 'slipway.dev/hook';
export const rolloutLabel = 'slipway.dev/rollout';

/** One name a rollout, so that it runs once, however many workers ask. */
export const hookPodName = (hook: HookName, rolloutId: string): string => `hook-${hook}-${rolloutId}`;

/**
 * What a command of a release needs, in the order in which it must be applied: its config, and a pod that runs to its end. It has no
 * label of a process, so no Service sends to it and no Deployment takes it for its own.
 */
export function planHook(
  input: ReleaseInput,
  {
    hook,
    command,
    rolloutId,
    timeoutSeconds,
  }: { hook: HookName; command: CommandHook; rolloutId: string; timeoutSeconds: number },
): { readonly config: readonly Manifest[]; readonly pod: Manifest } {
  const labels = {
    ...managedBy,
    ...selectorLabels(input),
    'slipway.dev/release': String(input.release),
    [hookLabel]: hook,
    [rolloutLabel]: rolloutId,
  };
  const pod: Manifest = {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { name: hookPodName(hook, rolloutId), namespace: input.namespace, labels },
    spec: {
      restartPolicy: 'Never',
      activeDeadlineSeconds: timeoutSeconds,
      automountServiceAccountToken: false,
      enableServiceLinks: false,
      terminationGracePeriodSeconds: 10,
      imagePullSecrets: [{ name: pullSecretName }],
      securityContext: securePod(input.podSecurity),
      containers: [planHookContainer(input, command)],
    },
  };
  return { config: planConfig(input), pod };
}
