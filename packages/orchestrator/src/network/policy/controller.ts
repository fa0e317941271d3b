// Owns the tables `<table>_policy`. The node tells of a pod's address before its containers start; until the rules know an address, it
// passes nothing. Everything may run again; what is in the kernel stays when this stops.
import { namespaces, networkPolicies, type Pod, pods } from '../../kinds/index.js';
import { counterOf, createController, createInformer, type Stoppable, sourceOf } from '../../runtime/index.js';
import type { NetworkContext } from '../context.js';
import { createPolicyKernel } from './apply.js';
import type { HostPeer } from './facts.js';
import { type EarlyPod, hasOwnAddress, isTold, observe } from './observe.js';
import { planRules } from './plan.js';
import type { PolicyTables } from './ruleset.js';

export interface NetworkPolicies extends Stoppable {
  /** Resolves when the policies are in force for a pod that has just got this address. @throws when the kernel refuses the rules */
  admit(pod: Pod, ip: string): Promise<void>;
}

const key = 'policies';
const healMs = 10_000;
/** Elements that somebody took out are not seen by a look: every so many looks the whole is written. */
const rewriteRounds = 24;

/** Keeps NetworkPolicies in force in the kernel. Resolves when those that there are have been applied. */
export async function startNetworkPolicies(
  { client, clock, log, metrics }: NetworkContext,
  tables: PolicyTables,
  hostPeers: readonly HostPeer[],
): Promise<NetworkPolicies> {
  const ending = new AbortController();
  const common = { clock, logger: log, metrics };
  const podInformer = createInformer(client, pods, common);
  const namespaceInformer = createInformer(client, namespaces, common);
  const policyInformer = createInformer(client, networkPolicies, common);
  const informers = [podInformer, namespaceInformer, policyInformer];
  const running = informers.map((one) => one.start(ending.signal));
  await Promise.all(informers.map((one) => one.synced()));

  const kernel = createPolicyKernel(tables);
  const early = new Map<string, EarlyPod>();
  const forgetEarly = podInformer.onChange(({ type, object }) => {
    const uid = object.metadata.uid ?? '';
    const told = early.get(uid);
    if (told && (type === 'removed' || isTold(object, told.ip))) early.delete(uid);
  });
  const healed = counterOf(
    metrics,
    'slipway_network_policy_heals_total',
    'Times that policy rules in the kernel had been changed by others.',
    [],
  );

  let applying: Promise<void> = Promise.resolve();
  let waiting: Promise<void> | undefined;
  const exclusively = (work: () => Promise<void>): Promise<void> => {
    const done = applying.then(work);
    applying = done.catch(() => undefined);
    return done;
  };
  /** Everybody who asks before a run begins shares it. */
  const sync = (): Promise<void> => {
    waiting ??= exclusively(async () => {
      waiting = undefined;
      await kernel.apply(
        planRules(
          observe({
            podCidr: tables.podCidr,
            pods: podInformer.list(),
            early,
            namespaces: namespaceInformer.list(),
            policies: policyInformer.list(),
            hostPeers,
          }),
        ),
      );
    });
    return waiting;
  };
  const controller = createController({
    name: 'network-policies',
    sources: [
      sourceOf(podInformer, () => [key]),
      sourceOf(namespaceInformer, () => [key]),
      sourceOf(policyInformer, () => [key]),
    ],
    workers: 1,
    resyncSeconds: 300,
    mostBackoffSeconds: 5,
    ...common,
    reconcile: sync,
  });
  await sync();
  await controller.start();
  const healing = (async () => {
    for (let round = 1; !ending.signal.aborted; round += 1) {
      await clock.sleep(healMs, ending.signal);
      if (ending.signal.aborted) return;
      await exclusively(async () => {
        if (round % rewriteRounds === 0) return kernel.rewrite();
        if (!(await kernel.heal())) return;
        healed?.inc();
        log.warn({}, 'network policies: somebody had changed the rules in the kernel; they are written again');
      }).catch((error: unknown) => log.warn({ err: error }, 'network policies: rules could not be written'));
    }
  })();
  return {
    admit: async (pod, ip) => {
      if (!hasOwnAddress(pod, ip, tables.podCidr)) return;
      const uid = pod.metadata.uid ?? '';
      for (const [earlier, told] of early) if (told.ip === ip) early.delete(earlier);
      const present = podInformer.get(`${pod.metadata.namespace}/${pod.metadata.name}`);
      if (present?.metadata.uid !== uid || !isTold(present, ip)) early.set(uid, { pod, ip });
      await sync();
    },
    stop: async () => {
      ending.abort();
      forgetEarly();
      await controller.stop();
      await healing;
      await applying;
      await Promise.all(running);
    },
  };
}
