import { describe, expect, it } from 'vitest';
import type { Container, Pod, PodSecurityContext, SecurityContext } from '../../kinds/index.js';
import { toCapabilities, userOf } from './sandbox-config.js';

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

describe('userOf', () => {
  const ofNamespace = '1000001000';
  const nonRoot = { runAsNonRoot: true };
  const root = { name: '' };
  const named = { name: 'node' };
  it.each<[string, PodSecurityContext, SecurityContext, { uid?: number; name: string }, string, number | undefined]>([
    ["an image of root's", nonRoot, {}, root, ofNamespace, 1000001000],
    ['an image of user 0', nonRoot, {}, { uid: 0, name: '' }, ofNamespace, 1000001000],
    ['an image of a name', nonRoot, {}, named, ofNamespace, 1000001000],
    ['an image of a numbered user', nonRoot, {}, { uid: 999, name: '' }, ofNamespace, undefined],
    ['a user of the pod', { ...nonRoot, runAsUser: 7 }, {}, root, ofNamespace, 7],
    ['a user of the container', { ...nonRoot, runAsUser: 7 }, { runAsUser: 8 }, root, ofNamespace, 8],
    ['a container that may be root', nonRoot, { runAsNonRoot: false }, root, ofNamespace, undefined],
    ['a pod that may be root', {}, {}, root, ofNamespace, undefined],
    ['no user of the namespace', nonRoot, {}, root, '', undefined],
    ['root as the user of the namespace', nonRoot, {}, root, '0', undefined],
  ])('%s', (_, shared, own, image, annotation, expected) => {
    const container: Container = { name: 'main', securityContext: own };
    const pod: Pod = {
      metadata: { name: 'x', annotations: { 'slipway.dev/run-as-user': annotation } },
      spec: { securityContext: shared, containers: [container] },
    };
    expect(userOf(pod, container, image)).toBe(expected);
  });
});
