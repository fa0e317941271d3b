import { afterAll, beforeAll, describe, expect, inject, test } from 'vitest';
import { addGray, deployGray, type Gray } from '../support/gray.js';
import { kill } from '../support/outage.js';
import { RolloutRun, type RunState, runStates } from '../support/rollout-run.js';

const port = inject('gatewayPort');
/** How long a process may take to be back is for heal.test.ts to say. */
const patience = 90;
let gray: Gray;
let applications: readonly (Pick<Gray, 'place' | 'url'> & { readonly name: string })[];
let serial = 1;

beforeAll(async () => {
  gray = await deployGray('outages');
  const names = ['rolling', 'bluegreen', 'canary', 'abtest', 'mirror'];
  applications = await Promise.all(names.map(async (name) => ({ name, ...(await addGray(gray, name)) })));
});
afterAll(() => gray?.scene.dispose());

// The whole matrix, with recreate and each kill twice, is test/load/rollout-kills.ts.
describe('kill -9 while five applications are rolled out, each by a strategy and in a state of its own', () => {
  test.each([
    ['worker', ['progressing', 'aborted', 'promoted', 'paused', 'progressing']],
    ['redis', ['aborted', 'promoted', 'progressing', 'aborted', 'paused']],
    ['postgres', ['progressing', 'progressing', 'paused', 'promoted', 'aborted']],
    ['cluster', ['progressing', 'paused', 'aborted', 'progressing', 'promoted']],
    ['gateway', ['aborted', 'promoted', 'paused', 'aborted', 'progressing']],
  ] satisfies [string, RunState[]][])(
    'of %s: each goes where it was asked to, no pod is restarted, and no request fails',
    {
      timeout: 300_000,
    },
    async (killed, states) => {
      serial += 1;
      const runs = await Promise.all(
        applications.map((application, index) =>
          RolloutRun.prepare({ ...application, port, state: states[index] ?? runStates[0], version: `${serial}` }),
        ),
      );
      await Promise.all(runs.map((run) => run.move()));
      const outage = await kill(killed);
      // What is asked right after it is done, too.
      const strays = await Promise.all(runs.map((run) => run.leavePause()));
      const outcomes = await Promise.all(runs.map((run) => run.finish(killed)));
      await outage.over(patience);
      expect([...strays, ...outcomes.map(({ faults }) => faults)].flat().join('\n')).toBe('');
      for (const { requests } of outcomes) expect(requests).toBeGreaterThan(20);
    },
  );
});
