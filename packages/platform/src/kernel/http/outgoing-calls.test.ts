import { readdirSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { expect, it } from 'vitest';

const source = fileURLToPath(new URL('../../', import.meta.url));

/** Who calls out without `Outgoing`, and whose address that is: an administrator's, from the configuration, and never a user's. */
const allowed: Record<string, string> = {
  'kernel/http/outgoing.ts': 'the guard itself',
  'kernel/crypto/vault-transit.ts': 'SLIPWAY_VAULT_URL',
  'kernel/mail/send-mail.jobs.ts': 'SLIPWAY_SMTP_URL',
  'identity/issuer-keys.service.ts': 'SLIPWAY_ISSUER_URL',
  'identity/issuer-administration.service.ts': 'SLIPWAY_ISSUER_URL',
  'repositories/registry-reader.service.ts': 'SLIPWAY_REGISTRY_URL',
  'repositories/registry-proxy.ts': 'SLIPWAY_REGISTRY_URL',
  'repositories/repositories.service.ts': 'SLIPWAY_REGISTRY_URL',
  'repositories/image-removal.service.ts': 'SLIPWAY_REGISTRY_URL',
  'repositories/artifact-removal.service.ts': 'SLIPWAY_REGISTRY_URL',
  'rollouts/prometheus.ts': 'SLIPWAY_PROMETHEUS_URL',
  'rollouts/probes/synthetic-requests.service.ts': "the status of the platform's own Gateway",
  'clusters/kubernetes-upstream.ts': 'the kubeconfig of an administrator',
};

const callsOut = [
  /(?<![.\w])fetch\(/,
  /\b(?:https?|net|tls)\.(?:request|get|connect|createConnection)\(/,
  /\(\w+ \? https : http\)\.request\(/,
  /import \{[^}]*\b(?:request|get|connect|createConnection)\b[^}]*\} from 'node:(?:https?|http2|net|tls)'/,
  /from '(?:undici|axios|got|node-fetch|nodemailer)'/,
];

const files = readdirSync(source, { recursive: true, encoding: 'utf8' }).filter(
  (file) => /\.ts$/.test(file) && !/\.test\.ts$|(^|\/)testing\/|^generated\//.test(file),
);
const calls = files.filter((file) => {
  const text = readFileSync(`${source}${file}`, 'utf8');
  return callsOut.some((pattern) => pattern.test(text));
});

it('a URL that a user gave is called through Outgoing alone', () => {
  // A shell script of the build pods has a function of this name.
  const unknown = calls.filter((file) => !(file in allowed) && file !== 'builds/build-script.ts');
  expect(unknown, 'call it through Outgoing (kernel/http/outgoing.ts), or say here whose address it is').toEqual([]);
});

it('nobody is on the list who calls nobody', () => {
  expect(Object.keys(allowed).filter((file) => files.includes(file) && !calls.includes(file))).toEqual([]);
});

it('no call takes its address from a row or a request', () => {
  for (const file of calls.filter((one) => one !== 'kernel/http/outgoing.ts')) {
    const text = readFileSync(`${source}${file}`, 'utf8');
    expect(text, file).not.toMatch(/(?<![.\w])fetch\((?:body|query|row|request|payload|input|values)\b/);
  }
});
