import {
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

/** Signs and checks the tokens of service accounts (JWT, ES256). */
export interface TokenSigner {
  sign(claims: JsonObject, seconds: number): { token: string; expires: Date };
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
  const header = encode({ alg: 'ES256', typ: 'JWT' });
  return {
    sign: (claims, seconds) => {
      const now = Math.floor(Date.now() / 1000);
      const body = `${header}.${encode({ ...claims, iss: issuer, iat: now, nbf: now, exp: now + seconds, jti: randomUUID() })}`;
      const signature = sign('sha256', Buffer.from(body), { key: privateKey, dsaEncoding: 'ieee-p1363' });
      return { token: `${body}.${signature.toString('base64url')}`, expires: new Date((now + seconds) * 1000) };
    },
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
      if (!claims || claims.iss !== issuer || Number(claims.exp) <= now || Number(claims.nbf) > now + 30)
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
