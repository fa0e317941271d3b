import { describe, expect, it } from 'vitest';
import { toCapabilities } from './sandbox-config.js';

describe('toCapabilities', () => {
  it.each([
    ['nothing asked', undefined, { addCapabilities: [], dropCapabilities: ['NET_RAW'] }],
    ['all dropped', { drop: ['ALL'] }, { addCapabilities: [], dropCapabilities: ['ALL', 'NET_RAW'] }],
    ['raw packets by name', { add: ['NET_RAW'] }, { addCapabilities: ['NET_RAW'], dropCapabilities: [] }],
    ['everything', { add: ['ALL'], drop: ['CHOWN'] }, { addCapabilities: ['ALL'], dropCapabilities: ['CHOWN'] }],
  ])('%s', (_, asked, expected) => {
    expect(toCapabilities(asked)).toEqual(expected);
  });
});
