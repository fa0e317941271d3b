import {
  createHash,
  createPrivateKey,
  createPublicKey,
  generateKeyPairSync,
  type KeyObject,
  randomUUID,
  sign,
  verify,
} from 'node:crypto';
import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { isJsonObject, type JsonObject } from '../kinds/index.js';
import { writeAtomically } from './pki.js';

export const issuer = 'https://kubernetes.default.svc.cluster.local';

/** Of the tokens in Secrets of type kubernetes.io/service-account-token, which never end. */
export const legacyIssuer = 'kubernetes/serviceaccount';

/** Signs and checks the tokens of service accounts (JWT, ES256). */
export interface TokenSigner {
  sign(claims: JsonObject, seconds: number): { token: string; expires: Date };
  /** A token without an end. */
  signLegacy(claims: JsonObject): string;
  /** The public keys that tokens are checked with, as a JSON Web Key Set. */
  readonly keySet: JsonObject;
  /** The claims of a token that is signed by us and in its time, else undefined. */
  verify(token: string): JsonObject | undefined;
}

export async function openTokenSigner(keyFile: string): Promise<TokenSigner> {
  if (!existsSync(keyFile)) {
    const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
    await writeAtomically(keyFile, privateKey.export({ type: 'pkcs8', format: 'pem' }).toString(), 0o600);
  }
  const key = createPrivateKey(await readFile(keyFile, 'utf8'));
  return tokenSigner(key, createPublicKey(key));
}

const encode = (value: JsonObject) => Buffer.from(JSON.stringify(value)).toString('base64url');

function tokenSigner(privateKey: KeyObject, publicKey: KeyObject): TokenSigner {
  const keyId = createHash('sha256')
    .update(publicKey.export({ type: 'spki', format: 'der' }))
    .digest('base64url');
  const header = encode({ alg: 'ES256', typ: 'JWT', kid: keyId });
  const signed = (claims: JsonObject) => {
    const body = `${header}.${encode(claims)}`;
    const signature = sign('sha256', Buffer.from(body), { key: privateKey, dsaEncoding: 'ieee-p1363' });
    return `${body}.${signature.toString('base64url')}`;
  };
  const { kty = '', crv = '', x = '', y = '' } = publicKey.export({ format: 'jwk' });
  return {
    keySet: { keys: [{ use: 'sig', kty, kid: keyId, alg: 'ES256', crv, x, y }] },
    sign: (claims, seconds) => {
      const now = Math.floor(Date.now() / 1000);
      const token = signed({ ...claims, iss: issuer, iat: now, nbf: now, exp: now + seconds, jti: randomUUID() });
      return { token, expires: new Date((now + seconds) * 1000) };
    },
    signLegacy: (claims) => signed({ ...claims, iss: legacyIssuer }),
    verify: (token) => {
      const [head, body, signature, ...more] = token.split('.');
      if (!head || !body || !signature || more.length > 0) return undefined;
      if (parse(head)?.alg !== 'ES256') return undefined;
      const data = Buffer.from(`${head}.${body}`);
      const isOurs = verify(
        'sha256',
        data,
        { key: publicKey, dsaEncoding: 'ieee-p1363' },
        Buffer.from(signature, 'base64url'),
      );
      const claims = isOurs ? parse(body) : undefined;
      const now = Date.now() / 1000;
      if (claims?.iss === legacyIssuer) return claims;
      if (!claims || claims.iss !== issuer || !(Number(claims.exp) > now) || Number(claims.nbf) > now + 30)
        return undefined;
      return claims;
    },
  };
}

function parse(part: string): JsonObject | undefined {
  try {
    const value: unknown = JSON.parse(Buffer.from(part, 'base64url').toString());
    return isJsonObject(value) ? value : undefined;
  } catch {
    return undefined;
  }
}

/** What others need to check our tokens: the issuer's description and its keys; undefined for any other path. */
export function openIdDocument(tokens: TokenSigner, path: string): JsonObject | undefined {
  if (path === '/openid/v1/jwks') return tokens.keySet;
  if (path !== '/.well-known/openid-configuration') return undefined;
  return {
    issuer,
    jwks_uri: `${issuer}/openid/v1/jwks`,
    response_types_supported: ['id_token'],
    subject_types_supported: ['public'],
    id_token_signing_alg_values_supported: ['ES256'],
  };
}
