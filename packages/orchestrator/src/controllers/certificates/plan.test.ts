import 'reflect-metadata';
import { webcrypto } from 'node:crypto';
import * as x509 from '@peculiar/x509';
import { beforeAll, expect, test } from 'vitest';
import { type CertificateSigningRequest, kubernetesSigners } from '../../kinds/index.js';
import { toTime } from '../../runtime/index.js';
import { plan } from './plan.js';

const now = Date.UTC(2026, 0, 1);
const hour = 60 * 60 * 1000;
const algorithm = { name: 'ECDSA', namedCurve: 'P-256', hash: 'SHA-256' };
let pem = '';
let certificate = '';
beforeAll(async () => {
  x509.cryptoProvider.set(webcrypto as unknown as Parameters<typeof x509.cryptoProvider.set>[0]);
  const keys = (await webcrypto.subtle.generateKey(algorithm, true, ['sign', 'verify'])) as webcrypto.CryptoKeyPair;
  const name = 'O=system:nodes, CN=system:node:a';
  const request = await x509.Pkcs10CertificateRequestGenerator.create({ name, keys, signingAlgorithm: algorithm });
  pem = Buffer.from(request.toString('pem')).toString('base64');
  const made = await x509.X509CertificateGenerator.createSelfSigned({
    name,
    keys,
    signingAlgorithm: algorithm,
    notBefore: new Date(now - hour),
    notAfter: new Date(now + hour / 2),
  });
  certificate = Buffer.from(made.toString('pem')).toString('base64');
});

interface Traits {
  user?: string;
  signer?: string;
  usages?: string[];
  ageMs?: number;
  decided?: 'Approved' | 'Denied' | 'Failed';
  decidedMs?: number;
  isIssued?: boolean;
}

const request = (traits: Traits = {}): CertificateSigningRequest => ({
  metadata: { name: 'r', uid: 'u', creationTimestamp: toTime(now - (traits.ageMs ?? 0)) },
  spec: {
    request: pem,
    signerName: traits.signer ?? kubernetesSigners.kubeletClient,
    usages: traits.usages ?? ['client auth', 'digital signature'],
    username: traits.user ?? 'system:bootstrap:abcdef',
  },
  status: {
    ...(traits.decided && {
      conditions: [{ type: traits.decided, status: 'True', lastUpdateTime: toTime(now - (traits.decidedMs ?? 0)) }],
    }),
    ...(traits.isIssued && { certificate }),
  },
});

function text(traits: Traits): string {
  const { actions, waitSeconds } = plan(request(traits), now);
  const said = actions.map((action) =>
    action.do === 'approve' ? `approve for ${action.permissions.join(' or ')}` : `delete: ${action.why}`,
  );
  return said.join(', ') || `wait ${waitSeconds === undefined ? 'for ever' : `${waitSeconds / 60} min`}`;
}

test.each<[string, Traits, string]>([
  ['a new node', {}, 'approve for nodeclient'],
  ['a node renews its own', { user: 'system:node:a' }, 'approve for selfnodeclient or nodeclient'],
  ['another signer', { signer: kubernetesSigners.client }, 'wait 1440 min'],
  ['serving is for people to approve', { signer: kubernetesSigners.kubeletServing }, 'wait 1440 min'],
  ['other usages', { usages: ['client auth', 'server auth'] }, 'wait 1440 min'],
  ['approved already', { decided: 'Approved' }, 'wait 1440 min'],
  ['denied', { decided: 'Denied' }, 'wait 60 min'],
  ['denied long ago', { decided: 'Denied', decidedMs: hour }, 'delete: it was denied an hour ago'],
  ['failed long ago', { decided: 'Failed', decidedMs: hour }, 'delete: it failed an hour ago'],
  ['nobody decides', { ageMs: 24 * hour }, 'delete: nobody decided on it for a day'],
  ['nobody signs', { decided: 'Approved', decidedMs: 24 * hour }, 'delete: it was approved a day ago and never signed'],
  ['issued', { decided: 'Approved', isIssued: true }, 'wait 30 min'],
  [
    'issued and fetched',
    { decided: 'Approved', decidedMs: hour, isIssued: true },
    'delete: its certificate was issued an hour ago',
  ],
])('%s', (_, traits, expected) => {
  expect(text(traits)).toBe(expected);
});

test('an expired certificate needs no request', () => {
  const { actions } = plan(request({ decided: 'Approved', isIssued: true }), now + hour / 2);
  expect(actions).toEqual([{ do: 'delete', uid: 'u', why: 'its certificate has expired' }]);
});
