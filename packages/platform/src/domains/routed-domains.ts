import type { Crypto } from '../kernel/crypto/crypto.js';
import type { Reader } from '../kernel/database/index.js';
import { certificateSecretName } from './certificates.rules.js';

/** The host names of a place that are verified, and what those with a certificate are served with. */
export interface RoutedDomains {
  readonly hostnames: readonly string[];
  readonly secured: readonly { readonly hostname: string; readonly secret: string; readonly isOnly?: boolean }[];
  /** Uploaded certificates with their keys in the clear: never keep or log them. */
  open(crypto: Pick<Crypto, 'open'>): readonly { secret: string; chain: string; key: string }[];
}

export const certificateContext = (domainId: string): string => `domain/${domainId}/certificate`;

export async function loadDomains(reader: Reader, placementId: string, application: string): Promise<RoutedDomains> {
  const rows = await reader.domain.findMany({
    where: { placementId, state: 'verified' },
    orderBy: { hostname: 'asc' },
    include: { certificate: true },
  });
  const secretOf = (hostname: string) => certificateSecretName(application, hostname);
  return {
    hostnames: rows.map(({ hostname }) => hostname),
    secured: rows.flatMap(({ hostname, certificate, https }) => {
      if (!certificate) return [];
      const secret = certificate.secretName ?? secretOf(hostname);
      return [{ hostname, secret, ...(https === 'only' ? { isOnly: true } : {}) }];
    }),
    open: (crypto) =>
      rows.flatMap(({ id, hostname, certificate }) => {
        const { chain = null, sealedKey = null } = certificate ?? {};
        if (chain === null || sealedKey === null) return [];
        return [{ secret: secretOf(hostname), chain, key: crypto.open(sealedKey, certificateContext(id)) }];
      }),
  };
}
