import { text } from 'node:stream/consumers';
import { Injectable } from '@nestjs/common';
import { type KubeClient, KubeError } from '@slipway/orchestrator/client';
import { type Pod, pods } from '@slipway/orchestrator/kinds';
import {
  type CommandHook,
  type HookName,
  hookLabel,
  hookPodName,
  labelSelectorOf,
  otherSlot,
  type PlacementScope,
  type ProbeHook,
  planHook,
  readSlot,
  rolloutLabel,
  serviceName,
  slotServiceName,
} from '../../applications/application-scopes.service.js';
import { Clock } from '../../kernel/clock/clock.js';
import type { ReleaseModel, RolloutModel } from '../../kernel/database/index.js';
import { hooksOf, namesOf } from '../../releases/release-content.service.js';
import { put, RolloutObjects, remove } from '../rollout-objects.js';
import type { Rollout } from '../rollouts.rules.js';
import { isInPlace } from '../target.rules.js';
import type { HookOutcome, HookRun } from './hook.rules.js';
import { readHookPod, tailOf } from './hook-outcome.rules.js';

interface Look {
  readonly scope: PlacementScope;
  readonly row: RolloutModel;
  /** As it was just decided upon. */
  readonly rollout: Rollout;
  readonly release: ReleaseModel;
  readonly hook: HookName;
}

const probeMilliseconds = 5_000;
const tailLines = 20;

/** Runs what a release wants done before and after its rollout. Every call may be repeated: a rollout's hook has one name. */
@Injectable()
export class RolloutHooks {
  constructor(
    private readonly objects: RolloutObjects,
    private readonly clock: Clock,
  ) {}

  /** Has the hook run where it does not yet, and tells how far it is. */
  async look(client: KubeClient, look: Look): Promise<HookOutcome> {
    const { scope, row, rollout, release, hook } = look;
    const asked = hooksOf(release)[hook];
    const run = rollout.hooks[hook];
    // Nothing to do is done.
    if (!asked || !run) return { state: 'succeeded', message: null, uid: null };
    if ('probe' in asked) {
      const free = slotServiceName(scope.application.name, otherSlot(readSlot(scope.placement)));
      const service = isInPlace(rollout.plan) ? serviceName(scope.application.name, 'web') : free;
      return this.ended(run, await probe(client, scope.environment.namespace, service, asked));
    }
    const outcome = await this.command(client, look, asked, run);
    const ended = this.ended(run, outcome);
    if (ended.state !== 'failed') return ended;
    const tail = await readTail(client, scope.environment.namespace, hookPodName(hook, row.id));
    return tail ? { ...ended, message: `${ended.message} Its last words:\n${tail}` } : ended;
  }

  /** Takes away the pods of a rollout's hooks. */
  async clear(client: KubeClient, scope: PlacementScope, rolloutId: string): Promise<void> {
    const labelSelector = `${labelSelectorOf(namesOf(scope))},${hookLabel},${rolloutLabel}=${rolloutId}`;
    const { items } = await client.list(pods, { namespace: scope.environment.namespace, labelSelector });
    for (const pod of items) await remove(client, pods, pod);
  }

  private async command(
    client: KubeClient,
    { scope, row, release, hook }: Look,
    asked: CommandHook,
    run: HookRun,
  ): Promise<HookOutcome> {
    const { namespace } = scope.environment;
    const found = await client.find(pods, hookPodName(hook, row.id), namespace);
    if (found && (run.uid === null || found.metadata.uid === run.uid)) return readHookPod(found);
    // It began once: a second time could do harm that nobody asked for.
    if (run.uid !== null) return { state: 'failed', message: 'its pod is gone before it was done.', uid: run.uid };
    const input = await this.objects.input(scope, release);
    const timeout = { hook, command: asked, rolloutId: row.id, timeoutSeconds: run.timeoutSeconds };
    const planned = planHook(input, timeout);
    try {
      for (const manifest of planned.config) await put(client, manifest);
      return readHookPod(await client.create(pods, planned.pod as unknown as Pod));
    } catch (error) {
      return explainRefusal(error);
    }
  }

  private ended(run: HookRun, outcome: HookOutcome): HookOutcome {
    const seconds = run.startedAt === null ? 0 : (this.clock.now().getTime() - Date.parse(run.startedAt)) / 1000;
    if (outcome.state !== 'running' || seconds < run.timeoutSeconds) return outcome;
    const why = outcome.message === null ? '' : ` ${outcome.message}`;
    return { ...outcome, state: 'failed', message: `it was not done within ${run.timeoutSeconds} s.${why}` };
  }
}

/** No room in the quota may become room; another worker may have been quicker; what is refused stays refused. */
function explainRefusal(error: unknown): HookOutcome {
  if (!(error instanceof KubeError)) throw error;
  const waits = error.reason === 'AlreadyExists' || error.message.includes('exceeded quota');
  if (waits) return { state: 'running', message: error.reason === 'AlreadyExists' ? null : error.message, uid: null };
  if (error.code !== 400 && error.code !== 403 && error.code !== 422) throw error;
  return { state: 'failed', message: `the cluster refused: ${error.message}`, uid: null };
}

/** Through the cluster's API, so that it works wherever the worker is. */
async function probe(
  client: KubeClient,
  namespace: string,
  service: string,
  { probe: { path, expectedStatus = 200 } }: ProbeHook,
): Promise<HookOutcome> {
  const url = `/api/v1/namespaces/${namespace}/services/${service}:80/proxy${path}`;
  try {
    const response = await client.request('GET', url, { signal: AbortSignal.timeout(probeMilliseconds) });
    await response.body?.cancel();
    if (response.status === expectedStatus) return { state: 'succeeded', message: null, uid: null };
    const message = `GET ${path} was answered with ${response.status} instead of ${expectedStatus}.`;
    return { state: 'running', message, uid: null };
  } catch (error) {
    if (!(error instanceof KubeError) && !(error instanceof DOMException)) throw error;
    return { state: 'running', message: `GET ${path} was not answered: ${error.message}`, uid: null };
  }
}

/** What cannot be read is left out: the exit code says enough. */
async function readTail(client: KubeClient, namespace: string, pod: string): Promise<string> {
  try {
    const signal = AbortSignal.timeout(probeMilliseconds);
    return tailOf(await text(await client.podLog(namespace, pod, { tailLines, signal })));
  } catch {
    return '';
  }
}
