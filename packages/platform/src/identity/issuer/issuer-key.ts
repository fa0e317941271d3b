import { z } from 'zod';
import { type Configuration, readSecretFile } from '../../kernel/config/config.js';

/** The audience of access tokens for our API. */
export const apiAudience = 'slipway-api';

const keySchema = z.looseObject({
  kty: z.literal('RSA'),
  n: z.string(),
  e: z.string(),
  d: z.string(),
  p: z.string(),
  q: z.string(),
  dp: z.string(),
  dq: z.string(),
  qi: z.string(),
  kid: z.string().default('slipway'),
});
export type IssuerKey = z.output<typeof keySchema>;

/** The private RS256 key of SLIPWAY_ISSUER_KEY_FILE. Throws an error that names the variable. */
export function readIssuerKey(config: Pick<Configuration, 'issuerKeyFile'>): IssuerKey {
  const text = readSecretFile(config.issuerKeyFile, 'SLIPWAY_ISSUER_KEY_FILE');
  try {
    return keySchema.parse(JSON.parse(text));
  } catch (cause) {
    throw new Error('SLIPWAY_ISSUER_KEY_FILE must hold a private RSA key as a JWK.', { cause });
  }
}
