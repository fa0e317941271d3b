import { expect, it } from 'vitest';
import { placementStrategySchema, strategySchema } from './strategy.dto.js';
import { candidateReplicas, type Strategy } from './strategy.rules.js';
import { strategyPresets } from './strategy-presets.rules.js';
import { warnOfStrategy } from './strategy-warnings.rules.js';

const canary = (...steps: Extract<Strategy, { type: 'canary' }>['steps'][number][]): Strategy => ({
  type: 'canary',
  steps,
});
const pause = { pause: { duration: '5m' } };

it.each<[string, Strategy, string[]]>([
  ['weights that grow', canary({ setWeight: 5 }, pause, { setWeight: 50 }, pause), []],
  ['a weight that falls', canary({ setWeight: 50 }, pause, { setWeight: 20 }, pause), ['steps.2.setWeight']],
  ['a weight twice', canary({ setWeight: 5 }, pause, { setWeight: 5 }, pause), ['steps.2.setWeight']],
  ['a weight that nobody sees', canary({ setWeight: 5 }), ['steps.0.setWeight']],
  ['no steps', canary(), ['steps']],
  ['a pause of no time', canary({ setWeight: 5 }, { pause: { duration: 0 } }), ['steps.1.pause.duration']],
  ['no pods', canary({ setCanaryScale: { replicas: 0 } }, { pause: {} }), ['steps.0.setCanaryScale.replicas']],
  ['a route that was never set', canary({ setHeaderRoute: { name: 'a' } }), ['steps.0.setHeaderRoute.name']],
  [
    'a route that is set and taken away',
    canary({ setMirrorRoute: { name: 'a', percentage: 5 } }, pause, { setMirrorRoute: { name: 'a' } }),
    [],
  ],
  [
    'two words about one promotion',
    { type: 'blueGreen', autoPromotionEnabled: false, autoPromotionSeconds: 5 },
    ['autoPromotionSeconds'],
  ],
  ['a test of no time', { type: 'mirror', percentage: 5, duration: '0s' }, ['duration']],
  ['rolling', { type: 'rolling' }, []],
])('%s', (_, strategy, paths) => {
  expect(warnOfStrategy(strategy).map(({ path }) => path)).toEqual(paths.map((path) => `strategy.${path}`));
});

it.each(strategyPresets.map((preset) => [preset.name, preset.strategy] as const))(
  '%s is a good preset',
  (_, strategy) => {
    expect(strategySchema.parse(strategy)).toEqual(strategy);
    expect(
      placementStrategySchema.parse({ version: 1, strategy, warnings: warnOfStrategy(strategy) }).warnings,
    ).toEqual([]);
  },
);

it('traffic meets a pod also where none was asked for', () => {
  const none = { by: 'replicas', replicas: 0 } as const;
  expect([candidateReplicas(none, 0, 4), candidateReplicas(none, 50, 4)]).toEqual([0, 1]);
});
