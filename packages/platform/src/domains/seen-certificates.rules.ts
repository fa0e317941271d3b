import type { Secret } from '@slipway/orchestrator/kinds';
import { type CertificateFacts, type CertificateProblem, readCertificate } from './certificates.rules.js';

/** What a Secret was found to hold. */
export interface SeenCertificate {
  readonly facts: CertificateFacts | null;
  /** Until when it can be served; null where it cannot. */
  readonly notAfter: Date | null;
  readonly problem: CertificateProblem | null;
}

interface Wanted {
  readonly name: string;
  readonly namespace: string;
  readonly hostname: string;
  readonly now: Date;
}

/** Holds a Secret that somebody named against the host name that it is for. Nothing of its key is in what is given. */
export function seeSecret(secret: Secret | undefined, { name, namespace, hostname, now }: Wanted): SeenCertificate {
  const broken = (state: CertificateProblem['state'], message: string): SeenCertificate => {
    return { facts: null, notAfter: null, problem: { state, message } };
  };
  if (!secret) return broken('missing', `There is no Secret ${name} in the namespace ${namespace}.`);
  if (secret.type !== 'kubernetes.io/tls')
    return broken('invalid', `The Secret ${name} is of type ${secret.type ?? 'Opaque'}, not kubernetes.io/tls.`);
  const decode = (key: string) => Buffer.from(secret.data?.[key] ?? '', 'base64').toString('utf8');
  const read = readCertificate({ certificate: decode('tls.crt'), privateKey: decode('tls.key') }, hostname, now);
  if ('chain' in read) return { facts: read.facts, notAfter: read.notAfter, problem: null };
  const { facts = null, errors } = read;
  const isOnlyExpired = errors.every(({ code }) => code === 'certificate-expired');
  if (facts && isOnlyExpired) return { facts, notAfter: new Date(facts.notAfter), problem: null };
  return {
    facts,
    notAfter: null,
    problem: { state: 'invalid', message: errors.map(({ message }) => message).join(' ') },
  };
}
