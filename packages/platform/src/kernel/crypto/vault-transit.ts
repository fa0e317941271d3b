import { z } from 'zod';
import { type Configuration, readSecretFile } from '../config/config.js';
import type { KeyWrapper } from './key-ring.js';

const answer = z.object({ data: z.object({ ciphertext: z.string().optional(), plaintext: z.string().optional() }) });

/** Vault's transit engine over its HTTP API; undefined where none is configured. */
export function createVaultTransit(
  config: Pick<Configuration, 'vaultUrl' | 'vaultTokenFile' | 'vaultTransitKey'>,
): KeyWrapper | undefined {
  const { vaultUrl, vaultTokenFile, vaultTransitKey } = config;
  if (!vaultUrl) return undefined;
  const ask = async (verb: 'encrypt' | 'decrypt', body: object) => {
    const response = await fetch(`${vaultUrl}/v1/transit/${verb}/${encodeURIComponent(vaultTransitKey)}`, {
      method: 'POST',
      headers: {
        'content-type': 'application/json',
        'x-vault-token': readSecretFile(vaultTokenFile, 'SLIPWAY_VAULT_TOKEN_FILE'),
      },
      body: JSON.stringify(body),
      redirect: 'error',
      signal: AbortSignal.timeout(10_000),
    });
    if (!response.ok) throw new Error(`Vault refuses to ${verb} with the key ${vaultTransitKey}: ${response.status}.`);
    return answer.parse(await response.json()).data;
  };
  return {
    async wrap(key) {
      const { ciphertext } = await ask('encrypt', { plaintext: key.toString('base64') });
      if (!ciphertext) throw new Error('Vault gave no ciphertext.');
      return ciphertext;
    },
    async unwrap(wrapped) {
      const key = Buffer.from((await ask('decrypt', { ciphertext: wrapped })).plaintext ?? '', 'base64');
      if (key.length !== 32) throw new Error('Vault gave something else than a master key of 32 bytes.');
      return key;
    },
  };
}
