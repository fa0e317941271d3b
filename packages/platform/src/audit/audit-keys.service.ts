import { createPrivateKey, createPublicKey, generateKeyPairSync, randomBytes, sign } from 'node:crypto';
import { readFileSync, renameSync, statSync, writeFileSync } from 'node:fs';
import { Inject, Injectable } from '@nestjs/common';
import { z } from 'zod';
import { CONFIG, type Configuration } from '../kernel/config/config.js';
import { fail } from './audit.errors.js';
import { type Statement, statementText } from './chain.rules.js';

const keySet = z.object({
  keys: z
    .array(
      z.object({
        kty: z.literal('OKP'),
        crv: z.literal('Ed25519'),
        kid: z.string().min(1),
        x: z.string(),
        d: z.string().optional(),
      }),
    )
    .min(1),
});
type AuditKey = z.output<typeof keySet>['keys'][number];

/**
 * The Ed25519 keys of checkpoints: a JWK set in SLIPWAY_AUDIT_KEY_FILE. The first one signs, the others are there to be
 * verified with and need no private part. The file is read again when it has changed.
 */
@Injectable()
export class AuditKeys {
  private kept: { readonly changed: number; readonly keys: readonly AuditKey[] } | undefined;

  constructor(@Inject(CONFIG) private readonly config: Pick<Configuration, 'auditKeyFile'>) {}

  /** Without a file rows are chained, but nothing is signed. */
  get canSign(): boolean {
    return this.config.auditKeyFile !== undefined;
  }

  /** The public parts, the signing key first. */
  list(): readonly { kty: 'OKP'; crv: 'Ed25519'; kid: string; x: string; alg: 'EdDSA'; use: 'sig' }[] {
    if (!this.canSign) return [];
    return this.read().map(({ kty, crv, kid, x }) => ({ kty, crv, kid, x, alg: 'EdDSA', use: 'sig' }));
  }

  sign<T extends Omit<Statement, 'keyId'>>(statement: T): T & { keyId: string; signature: string } {
    const keyId = this.primary.kid;
    return { ...statement, keyId, signature: this.signBytes(statementText({ ...statement, keyId })).signature };
  }

  signBytes(bytes: Buffer): { keyId: string; signature: string } {
    const { kty, crv, x, d, kid } = this.primary;
    const key = createPrivateKey({ key: { kty, crv, x, d }, format: 'jwk' });
    return { keyId: kid, signature: sign(null, bytes, key).toString('base64url') };
  }

  /** Puts a new key first; those before it stay for what they have signed. Throws when the file cannot be written. */
  rotate(): string {
    const file = this.requireFile();
    const kid = randomBytes(8).toString('hex');
    const jwk = generateKeyPairSync('ed25519').privateKey.export({ format: 'jwk' });
    const publicParts = this.read().map(({ d: _, ...key }) => key);
    try {
      const text = `${JSON.stringify({ keys: [{ kty: 'OKP', crv: 'Ed25519', kid, x: jwk.x, d: jwk.d }, ...publicParts] })}\n`;
      writeFileSync(`${file}.part`, text, { mode: 0o600 });
      renameSync(`${file}.part`, file);
    } catch (cause) {
      throw fail('audit-keys-read-only', { cause });
    }
    return kid;
  }

  private get primary(): AuditKey {
    const key = this.read()[0];
    if (!key?.d) throw new Error('SLIPWAY_AUDIT_KEY_FILE: the first key has no private part.');
    return key;
  }

  private requireFile(): string {
    if (!this.config.auditKeyFile) throw new Error('SLIPWAY_AUDIT_KEY_FILE is not set: name the file that holds it.');
    return this.config.auditKeyFile;
  }

  private read(): readonly AuditKey[] {
    const file = this.requireFile();
    const changed = statSync(file).mtimeMs;
    if (this.kept?.changed !== changed) {
      const { keys } = keySet.parse(JSON.parse(readFileSync(file, 'utf8')));
      for (const { kty, crv, x } of keys) createPublicKey({ key: { kty, crv, x }, format: 'jwk' });
      this.kept = { changed, keys };
    }
    return this.kept.keys;
  }
}
