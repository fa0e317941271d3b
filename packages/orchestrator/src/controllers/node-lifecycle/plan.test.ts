import { describe, expect, it } from 'vitest';
import type { Node, Pod, Toleration } from '../../kinds/index.js';
import { toTime } from '../../runtime/index.js';
import { plan } from './plan.js';

const now = Date.UTC(2026, 0, 1);
const node = (status: 'True' | 'False' | 'Unknown', secondsAgo: number, taints: string[] = []): Node => ({
  metadata: { name: 'a' },
  spec: { taints: taints.map((key) => ({ key, effect: 'NoSchedule' })) },
  status: { conditions: [{ type: 'Ready', status, lastTransitionTime: toTime(now - secondsAgo * 1000) }] },
});
const pod = (name: string, tolerations: Toleration[] = []): Pod => ({
  metadata: { name, namespace: 'shop', uid: name },
  spec: { containers: [], tolerations },
  status: { phase: 'Running', conditions: [{ type: 'Ready', status: 'True' }] },
});
const linesOf = (self: Node, silentSeconds: number, pods: Pod[] = []) =>
  plan({ node: self, pods, lastSeenAt: now - silentSeconds * 1000 }, now).actions.map((action) => {
    switch (action.do) {
      case 'set-conditions':
        return action.conditions.map(({ type, status }) => `${type} ${status}`).join();
      case 'set-taints':
        return `taints ${action.taints.map(({ key, effect }) => `${key.replace('node.kubernetes.io/', '')}:${effect}`).join()}`;
      default:
        return `${action.do} ${action.pod.name}`;
    }
  });

describe('a node', () => {
  const forever = { key: 'node.kubernetes.io/unreachable', operator: 'Exists', effect: 'NoExecute' };
  const cases: [string, string[], string[]][] = [
    ['that gives signs of life is left alone', linesOf(node('True', 999), 10, [pod('p')]), []],
    [
      'that is silent for 40 s is lost; its pods serve no more but may come back',
      linesOf(node('True', 999), 40, [pod('p')]),
      ['Ready Unknown', 'taints unreachable:NoSchedule,unreachable:NoExecute', 'mark-unready p'],
    ],
    [
      'that says it is not ready takes no more pods',
      linesOf(node('False', 1), 1),
      ['taints not-ready:NoSchedule,not-ready:NoExecute'],
    ],
    [
      'that is back loses the taints',
      linesOf(node('True', 1, ['node.kubernetes.io/unreachable', 'mine']), 1),
      ['taints mine:NoSchedule'],
    ],
    [
      'that stays lost loses its pods when their patience ends',
      linesOf(node('Unknown', 301), 400, [
        pod('p'),
        pod('patient', [forever]),
        pod('short', [{ ...forever, tolerationSeconds: 10 }]),
      ]),
      [
        'taints unreachable:NoSchedule,unreachable:NoExecute',
        'mark-unready p',
        'evict p',
        'mark-unready patient',
        'mark-unready short',
        'evict short',
      ],
    ],
  ];
  it.each(cases)('%s', (_name, lines, expected) => {
    expect(lines).toEqual(expected);
  });
});
