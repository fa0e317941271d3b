import { createCipheriv, createDecipheriv, randomBytes } from 'node:crypto';
import { Inject, Injectable } from '@nestjs/common';
import { CONFIG, type Configuration, readSecretFile } from '../config/config.js';

/**
 * Secrets at rest: each text is sealed with a data key of its own (AES-256-GCM), and the data key with the master key. The
 * sealed form is `v1.<sealed data key>.<sealed text>`, both `iv ‖ tag ‖ ciphertext` in base64url. `context` (say, the
 * tenant's id and the secret's name) is authenticated: a sealed text moved elsewhere does not open.
 */
@Injectable()
export class Crypto {
  private key: Buffer | undefined;

  constructor(@Inject(CONFIG) private readonly config: Pick<Configuration, 'masterKeyFile'>) {}

  seal(text: string, context: string): string {
    const dataKey = randomBytes(32);
    return ['v1', encrypt(this.masterKey, dataKey, context), encrypt(dataKey, Buffer.from(text), context)].join('.');
  }

  /** Throws when the text was not sealed here, for this context, or was altered. */
  open(sealed: string, context: string): string {
    const [version, key, text] = sealed.split('.');
    if (version !== 'v1' || !key || !text) throw new Error('This is no sealed text of a known version.');
    return decrypt(decrypt(this.masterKey, key, context), text, context).toString('utf8');
  }

  private get masterKey(): Buffer {
    this.key ??= parseMasterKey(readSecretFile(this.config.masterKeyFile, 'SLIPWAY_MASTER_KEY_FILE'));
    return this.key;
  }
}

function parseMasterKey(text: string): Buffer {
  const key = Buffer.from(text, 'base64');
  if (key.length !== 32) throw new Error('SLIPWAY_MASTER_KEY_FILE must hold 32 bytes in base64.');
  return key;
}

function encrypt(key: Buffer, text: Buffer, context: string): string {
  const iv = randomBytes(12);
  const cipher = createCipheriv('aes-256-gcm', key, iv).setAAD(Buffer.from(context));
  const body = Buffer.concat([cipher.update(text), cipher.final()]);
  return Buffer.concat([iv, cipher.getAuthTag(), body]).toString('base64url');
}

function decrypt(key: Buffer, sealed: string, context: string): Buffer {
  const bytes = Buffer.from(sealed, 'base64url');
  const decipher = createDecipheriv('aes-256-gcm', key, bytes.subarray(0, 12)).setAAD(Buffer.from(context));
  decipher.setAuthTag(bytes.subarray(12, 28));
  return Buffer.concat([decipher.update(bytes.subarray(28)), decipher.final()]);
}
