import type { Strategy } from './strategy.rules.js';

interface Preset {
  readonly name: string;
  readonly description: string;
  readonly strategy: Strategy;
}

/** What the portal and the command line offer to begin with. */
export const strategyPresets: readonly Preset[] = [
  {
    name: 'rolling',
    description: 'Pods are replaced one after the other.',
    strategy: { type: 'rolling' },
  },
  {
    name: 'recreate',
    description: 'The old pods end before the new ones begin.',
    strategy: { type: 'recreate' },
  },
  {
    name: 'canary-5-25-50',
    description: '5, 25 and 50 % of the traffic, ten minutes each; a user stays with one release.',
    strategy: {
      type: 'canary',
      stickyBy: 'gateway',
      steps: [5, 25, 50].flatMap((setWeight) => [{ setWeight }, { pause: { duration: '10m' } }]),
    },
  },
  {
    name: 'canary-manual',
    description: '10 and 50 % of the traffic; each step waits for a promotion.',
    strategy: {
      type: 'canary',
      stickyBy: 'gateway',
      steps: [10, 50].flatMap((setWeight) => [{ setWeight }, { pause: {} }]),
    },
  },
  {
    name: 'blue-green',
    description: 'The new release comes up whole and takes all traffic at once.',
    strategy: { type: 'blueGreen', scaleDownDelaySeconds: 300 },
  },
  {
    name: 'blue-green-manual',
    description: 'The new release waits under an address of its own for a promotion.',
    strategy: { type: 'blueGreen', autoPromotionEnabled: false, scaleDownDelaySeconds: 300 },
  },
  {
    name: 'ab-test',
    description: 'Who carries the cookie beta=1 or the header X-Beta: 1 meets the new release, until it is promoted.',
    strategy: {
      type: 'abTest',
      match: [{ cookies: [{ name: 'beta', value: '1' }] }, { headers: [{ name: 'X-Beta', value: '1' }] }],
    },
  },
  {
    name: 'mirror-20',
    description:
      'A fifth of the requests is copied to the new release for half an hour; then a promotion is waited for.',
    strategy: { type: 'mirror', percentage: 20, duration: '30m', autoPromotionEnabled: false },
  },
];
