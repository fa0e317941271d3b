import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import type { Json } from '../kinds/index.js';
import { decodeProtobuf } from './protobuf.js';

type Fields = Readonly<Record<string, readonly [name: string, kind: string, type: string]>>;
const messages = JSON.parse(readFileSync(new URL('../../data/protobuf.json', import.meta.url), 'utf8')) as Record<
  string,
  Fields
>;

const varint = (value: number): number[] => (value < 128 ? [value] : [(value & 127) | 128, ...varint(value >> 7)]);
const part = (number: number, content: Buffer) =>
  Buffer.concat([Buffer.from([...varint(number * 8 + 2), ...varint(content.length)]), content]);

/** The bytes of a message whose values are texts, messages and lists of them; names are those of protobuf. */
function encode(message: string, value: { readonly [name: string]: Json }): Buffer {
  const parts = Object.entries(value).flatMap(([name, one]) => {
    const [number, [, , type]] = Object.entries(messages[message] ?? {}).find(([, field]) => field[0] === name) ?? [
      '0',
      ['', '', 's'],
    ];
    return [one].flat().map((each) => {
      const isMessage = typeof each === 'object' && each !== null;
      return part(Number(number), isMessage ? encode(type, each as { [name: string]: Json }) : Buffer.from(`${each}`));
    });
  });
  return Buffer.concat(parts);
}

function decode(apiVersion: string, kind: string, message: string, value: { readonly [name: string]: Json }) {
  const type = Buffer.concat([part(1, Buffer.from(apiVersion)), part(2, Buffer.from(kind))]);
  const magic = Buffer.from([0x6b, 0x38, 0x73, 0]);
  return decodeProtobuf(Buffer.concat([magic, part(1, type), part(2, encode(message, value))]), () => message);
}

test.each<[string, string, string, { [name: string]: Json }, object]>([
  [
    'networking.k8s.io/v1',
    'Ingress',
    'io.k8s.api.networking.v1.Ingress',
    { spec: { rules: [{ host: 'a', ingressRuleValue: { http: { paths: [{ path: '/' }] } } }] } },
    { spec: { rules: [{ host: 'a', http: { paths: [{ path: '/' }] } }] } },
  ],
  [
    'admissionregistration.k8s.io/v1',
    'ValidatingAdmissionPolicy',
    'io.k8s.api.admissionregistration.v1.ValidatingAdmissionPolicy',
    {
      spec: {
        matchConstraints: {
          resourceRules: [{ ruleWithOperations: { operations: ['CREATE'], rule: { resources: ['pods'] } } }],
        },
      },
    },
    { spec: { matchConstraints: { resourceRules: [{ operations: ['CREATE'], resources: ['pods'] }] } } },
  ],
  [
    'v1',
    'Pod',
    'io.k8s.api.core.v1.Pod',
    {
      spec: {
        volumes: [
          { name: 'v', volumeSource: { projected: { sources: [{ downwardAPI: { items: [{ path: 'p' }] } }] } } },
        ],
      },
    },
    { spec: { volumes: [{ name: 'v', projected: { sources: [{ downwardAPI: { items: [{ path: 'p' }] } }] } }] } },
  ],
  [
    'authentication.k8s.io/v1',
    'TokenReview',
    'io.k8s.api.authentication.v1.TokenReview',
    { status: { user: { username: 'u' } } },
    { status: { user: { username: 'u' } } },
  ],
])('what Go embeds belongs to the object itself: %s %s', (apiVersion, kind, message, value, expected) => {
  expect(decode(apiVersion, kind, message, value)).toEqual({ apiVersion, kind, ...expected });
});
