import type { Pod } from '@slipway/orchestrator/kinds';
import { expect, it } from 'vitest';
import { parseLogLine, parseSeconds, toPodAnswer } from './pods.rules.js';

it('tells why a pod is not ready', () => {
  const pod: Pod = {
    metadata: { name: 'hello-web-1', labels: { 'slipway.dev/process': 'web', 'slipway.dev/release': '4' } },
    spec: { containers: [], nodeName: 'n1' },
    status: {
      phase: 'Pending',
      containerStatuses: [
        {
          name: 'web',
          image: 'i',
          imageID: '',
          ready: false,
          restartCount: 2,
          state: { waiting: { reason: 'ErrImagePull', message: 'no such image' } },
        },
      ],
    },
  };
  expect(toPodAnswer(pod)).toMatchObject({
    process: 'web',
    release: 4,
    ready: false,
    restarts: 2,
    message: 'no such image',
    containers: [{ state: 'waiting: ErrImagePull' }],
  });
});

it('reads log lines with and without a time', () => {
  expect(parseLogLine('2026-01-01T00:00:00.1Z a b')).toEqual({ at: '2026-01-01T00:00:00.1Z', text: 'a b' });
  expect(parseLogLine('plain')).toEqual({ at: null, text: 'plain' });
});

it.each([
  ['30s', 30],
  ['5m', 300],
  ['2h', 7200],
])('%s is %s seconds', (text, seconds) => expect(parseSeconds(text)).toBe(seconds));
