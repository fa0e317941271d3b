import type { Node, Pod } from '@slipway/orchestrator/kinds';
import { defaultPlugins, emptyState, plan, toPodInfo } from '@slipway/orchestrator/scheduler';
import { printFigures } from './figure.js';

// `node test/dist/load/scheduler.js`: how many pods a second the scheduler decides on, without the API server's share.
const nodes = 100;
const pods = 1000;
const rounds = 5;

const node = (index: number): Node => ({
  metadata: { name: `n${index}` },
  spec: {},
  status: { allocatable: { cpu: '32', memory: '64Gi', pods: '110' } },
});
const pod = (index: number): Pod => ({
  metadata: {
    name: `p${index}`,
    namespace: 'load',
    uid: `p${index}`,
    ownerReferences: [
      { apiVersion: 'apps/v1', kind: 'ReplicaSet', name: `o${index % 20}`, uid: `o${index % 20}`, controller: true },
    ],
  },
  spec: { containers: [{ name: 'main', image: 'none', resources: { requests: { cpu: '100m' } } }] },
});

function perSecond(): number {
  const world = new Map(Array.from({ length: nodes }, (_, index) => [`n${index}`, emptyState(node(index))]));
  const waiting = Array.from({ length: pods }, (_, index) => toPodInfo(pod(index)));
  const began = performance.now();
  plan(waiting, world, defaultPlugins);
  return pods / ((performance.now() - began) / 1000);
}

const best = Math.max(...Array.from({ length: rounds }, perSecond));
printFigures([
  { name: `scheduling, ${nodes} nodes`, value: best, unit: 'pods/s', aim: { least: 500 }, note: `best of ${rounds}` },
]);
