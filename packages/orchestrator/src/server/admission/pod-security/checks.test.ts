import { describe, expect, it } from 'vitest';
import type { JsonObject } from '../../../kinds/index.js';
import { type Level, violationsOf } from './checks.js';

const tight = {
  allowPrivilegeEscalation: false,
  capabilities: { drop: ['ALL'] },
  runAsNonRoot: true,
  seccompProfile: { type: 'RuntimeDefault' },
};
const one = (securityContext: JsonObject = {}, more: JsonObject = {}): JsonObject => ({
  containers: [{ name: 'a', securityContext, ...more }],
});
const linesOf = (level: Level, spec: JsonObject) =>
  violationsOf(level, {}, spec).map(({ reason, detail }) => `${reason} (${detail})`);

describe('a pod', () => {
  const cases: [string, Level, JsonObject, string[]][] = [
    ['may do anything as privileged', 'privileged', { hostNetwork: true, ...one({ privileged: true }) }, []],
    ['that asks for nothing is fine with baseline', 'baseline', one(), []],
    [
      'that reaches for the host is not fine with baseline',
      'baseline',
      {
        hostNetwork: true,
        hostPID: true,
        volumes: [{ name: 'v', hostPath: { path: '/' } }],
        ...one({ privileged: true }),
      },
      [
        'host namespaces (hostNetwork=true, hostPID=true)',
        'hostPath volume (volume "v")',
        'privileged (container "a" must not set securityContext.privileged=true)',
      ],
    ],
    [
      'with capabilities and host ports is not fine with baseline',
      'baseline',
      one({ capabilities: { add: ['NET_ADMIN', 'CHOWN'] } }, { ports: [{ hostPort: 80 }, { hostPort: 81 }] }),
      [
        'non-default capabilities (container "a" must not include "NET_ADMIN" in securityContext.capabilities.add)',
        'hostPort (container "a" uses hostPorts 80, 81)',
      ],
    ],
    [
      'that says nothing is not fine with restricted',
      'restricted',
      one(),
      [
        'allowPrivilegeEscalation != false (container "a" must set securityContext.allowPrivilegeEscalation=false)',
        'unrestricted capabilities (container "a" must set securityContext.capabilities.drop=["ALL"])',
        'runAsNonRoot != true (pod or container "a" must set securityContext.runAsNonRoot=true)',
        'seccompProfile (pod or container "a" must set securityContext.seccompProfile.type to "RuntimeDefault" or "Localhost")',
      ],
    ],
    ['that gives everything up is fine with restricted', 'restricted', one(tight), []],
    [
      'that is root with a volume of the host is not fine with restricted',
      'restricted',
      {
        volumes: [
          { name: 'v', hostPath: { path: '/' } },
          { name: 'e', emptyDir: {} },
        ],
        ...one({ ...tight, runAsUser: 0 }),
      },
      [
        'restricted volume types (volume "v" uses restricted volume type "hostPath")',
        'runAsUser=0 (container "a" must not set runAsUser=0)',
      ],
    ],
  ];
  it.each(cases)('%s', (_name, level, spec, expected) => {
    expect(linesOf(level, spec)).toEqual(expected);
  });
});
