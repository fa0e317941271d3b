import { createCipheriv, createDecipheriv, randomBytes } from 'node:crypto';
import { Injectable } from '@nestjs/common';
import { KeyRing, type RingKey } from './key-ring.js';

/**
 * Secrets at rest: each text is sealed with a data key of its own (AES-256-GCM), and the data key with the primary master key.
 * The sealed form is `v2.<master key's id>.<sealed data key>.<sealed text>`, both `iv ‖ tag ‖ ciphertext` in base64url.
 * `context` (say, the tenant's id and the secret's name) is authenticated: a sealed text moved elsewhere does not open.
 */
@Injectable()
export class Crypto {
  constructor(private readonly ring: KeyRing) {}

  seal(text: string, context: string): string {
    const dataKey = randomBytes(32);
    return form(this.ring.primary, dataKey, encrypt(dataKey, Buffer.from(text), context), context);
  }

  /** Throws when the text was not sealed here, for this context, or was altered, or its master key is not in the ring. */
  open(sealed: string, context: string): string {
    const { dataKey, text } = this.unwrap(sealed, context);
    return decrypt(dataKey, text, context).toString('utf8');
  }

  /** The same under the primary master key; undefined when it is already. Only the data key is sealed anew. */
  rewrap(sealed: string, context: string): string | undefined {
    const { primary } = this.ring;
    if (keyIdOf(sealed) === primary.id) return undefined;
    const { dataKey, text } = this.unwrap(sealed, context);
    return form(primary, dataKey, text, context);
  }

  private unwrap(sealed: string, context: string): { dataKey: Buffer; text: string } {
    const [version, keyId, key, text, ...rest] = sealed.split('.');
    if (version !== 'v2' || !keyId || !key || !text || rest.length)
      throw new Error('This is no sealed text of a known version.');
    const master = this.ring.find(keyId);
    if (!master) {
      void this.ring.refresh().catch(() => undefined);
      throw new Error(`The master key ${keyId} is not in the key ring.`);
    }
    return { dataKey: decrypt(master.bytes, key, wrapContext(keyId, context)), text };
  }
}

/** The master key that a sealed text needs. */
export function keyIdOf(sealed: string): string {
  return sealed.split('.')[1] ?? '';
}

const wrapContext = (keyId: string, context: string): string => `v2/${keyId}/${context}`;

function form(master: RingKey, dataKey: Buffer, text: string, context: string): string {
  return ['v2', master.id, encrypt(master.bytes, dataKey, wrapContext(master.id, context)), text].join('.');
}

function encrypt(key: Buffer, text: Buffer, context: string): string {
  const iv = randomBytes(12);
  const cipher = createCipheriv('aes-256-gcm', key, iv).setAAD(Buffer.from(context));
  const body = Buffer.concat([cipher.update(text), cipher.final()]);
  return Buffer.concat([iv, cipher.getAuthTag(), body]).toString('base64url');
}

function decrypt(key: Buffer, sealed: string, context: string): Buffer {
  const bytes = Buffer.from(sealed, 'base64url');
  if (bytes.length < 28) throw new Error('This is no sealed text: it is too short.');
  const decipher = createDecipheriv('aes-256-gcm', key, bytes.subarray(0, 12), { authTagLength: 16 });
  decipher.setAAD(Buffer.from(context)).setAuthTag(bytes.subarray(12, 28));
  return Buffer.concat([decipher.update(bytes.subarray(28)), decipher.final()]);
}
