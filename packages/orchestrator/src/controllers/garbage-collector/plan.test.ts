import { describe, expect, it } from 'vitest';
import { pods } from '../../kinds/index.js';
import type { GraphNode } from './graph.js';
import { type OwnerState, plan } from './plan.js';

const node = (uid: string, change: Partial<GraphNode> = {}): GraphNode => ({
  uid,
  type: pods,
  name: uid,
  namespace: 'shop',
  owners: [],
  finalizers: [],
  isDeleting: false,
  ...change,
});
const ownedBy = (uid: string, blockOwnerDeletion = true) => [
  { apiVersion: 'v1', kind: 'Pod', name: uid, uid, blockOwnerDeletion },
];
const linesOf = (self: GraphNode, states: OwnerState[], dependents: GraphNode[] = []) =>
  plan({ node: self, owners: states.map((state, index) => ({ uid: `o${index}`, state })), dependents }).actions.map(
    (action) => {
      switch (action.do) {
        case 'delete':
          return `delete ${action.target.name} ${action.policy}`;
        case 'drop-owners':
          return `drop ${action.uids.join()} of ${action.target.name}`;
        case 'drop-finalizer':
          return `drop finalizer ${action.finalizer}`;
        default:
          return action satisfies never;
      }
    },
  );

describe('what ownership demands', () => {
  const foreground = { isDeleting: true, finalizers: ['foregroundDeletion'] };
  const orphan = { isDeleting: true, finalizers: ['orphan'] };
  const cases: [string, string[], string[]][] = [
    ['an object without owners stays', linesOf(node('a'), []), []],
    ['an object whose owner is there stays', linesOf(node('a'), ['present']), []],
    ['an object whose owners are all gone goes', linesOf(node('a'), ['absent', 'absent']), ['delete a Background']],
    ['an object that keeps one owner loses the others', linesOf(node('a'), ['present', 'absent']), ['drop o1 of a']],
    ['an owner waiting in the foreground takes it along', linesOf(node('a'), ['waiting']), ['delete a Background']],
    [
      'the foreground reaches through',
      linesOf(node('a'), ['waiting'], [node('b', { owners: ownedBy('a') })]),
      ['delete a Foreground'],
    ],
    [
      'a foreground deletion waits for its dependents',
      linesOf(node('a', foreground), [], [node('b', { owners: ownedBy('a') })]),
      [],
    ],
    [
      'but not for those that do not block',
      linesOf(node('a', foreground), [], [node('b', { owners: ownedBy('a', false) })]),
      ['drop finalizer foregroundDeletion'],
    ],
    ['and ends when they are gone', linesOf(node('a', foreground), []), ['drop finalizer foregroundDeletion']],
    [
      'orphans are set free first',
      linesOf(node('a', orphan), [], [node('b', { owners: ownedBy('a') })]),
      ['drop a of b', 'drop finalizer orphan'],
    ],
    ['what is on its way out is left alone', linesOf(node('a', { isDeleting: true }), ['absent']), []],
  ];
  it.each(cases)('%s', (_name, lines, expected) => {
    expect(lines).toEqual(expected);
  });
});
