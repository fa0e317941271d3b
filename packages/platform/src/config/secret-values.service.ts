import type { Crypto } from '../kernel/crypto/crypto.js';

/** A secret as a config version keeps it. */
export interface SealedSecret {
  readonly version: number;
  readonly sealed: string;
  readonly updatedAt: string;
  /** Whether the value may be read by people: else it goes to the cluster only. */
  readonly revealable?: boolean;
}

export const readSecrets = (value: unknown): Readonly<Record<string, SealedSecret>> =>
  value as Record<string, SealedSecret>;

/** What a sealed value is bound to: one that is moved to another place or name does not open. */
export const sealContext = (placementId: string, name: string): string => `config/${placementId}/${name}`;

/** The values in clear: for the cluster only, never for an answer or a log. */
export function openSecrets(crypto: Crypto, placementId: string, secrets: unknown): Record<string, string> {
  const entries = Object.entries(readSecrets(secrets));
  return Object.fromEntries(
    entries.map(([name, secret]) => [name, crypto.open(secret.sealed, sealContext(placementId, name))]),
  );
}
