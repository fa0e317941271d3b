import { createHash, randomBytes } from 'node:crypto';
import { existsSync, mkdirSync, readdirSync, readFileSync, renameSync, statSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { Inject, Injectable, type OnModuleInit } from '@nestjs/common';
import { CONFIG, type Configuration, readSecretFile } from '../config/config.js';
import { createVaultTransit } from './vault-transit.js';

type Settings = Pick<
  Configuration,
  'masterKeyFile' | 'masterKeyDir' | 'masterKeys' | 'vaultUrl' | 'vaultTokenFile' | 'vaultTransitKey'
>;

/** Who keeps master keys from lying about in clear: a KMS that wraps and unwraps them. */
export interface KeyWrapper {
  wrap(key: Buffer): Promise<string>;
  unwrap(wrapped: string): Promise<Buffer>;
}

export interface RingKey {
  readonly id: string;
  readonly source: 'file' | 'folder' | 'environment' | 'vault';
  readonly bytes: Buffer;
  /** When its file was written; undefined for a key of the environment. */
  readonly since?: Date;
}

const keyFile = /^([a-z0-9][a-z0-9-]{0,40})\.(key|vault)$/;
const rereadMilliseconds = 1_000;

/**
 * The master keys by id: SLIPWAY_MASTER_KEY_FILE, those of SLIPWAY_MASTER_KEYS, and those of the folder SLIPWAY_MASTER_KEY_DIR, where
 * `<id>.key` is 32 bytes in base64, `<id>.vault` the same wrapped by Vault, `primary` the id of the key that seals, and
 * `retired` the ids that are used no more. The folder is looked at again when a key is asked for, at most once a second.
 */
@Injectable()
export class KeyRing implements OnModuleInit {
  private kept:
    | { readonly at: number; readonly keys: ReadonlyMap<string, RingKey>; readonly primary: string }
    | undefined;
  private readonly unwrapped = new Map<string, Buffer>();
  private readonly wrapper: KeyWrapper | undefined;

  constructor(@Inject(CONFIG) private readonly config: Settings) {
    this.wrapper = createVaultTransit(config);
  }

  async onModuleInit(): Promise<void> {
    if (this.wrapper) await this.refresh();
  }

  /** Asks the KMS for the keys that are new. */
  async refresh(): Promise<void> {
    for (const { id, kind, text } of this.readFolder()) {
      if (kind !== 'vault' || this.unwrapped.has(id)) continue;
      if (!this.wrapper) throw new Error(`SLIPWAY_VAULT_URL is not set, but the key ${id} is wrapped by Vault.`);
      this.unwrapped.set(id, await this.wrapper.unwrap(text));
    }
    this.kept = undefined;
  }

  /** The key that seals. */
  get primary(): RingKey {
    const { keys, primary } = this.read();
    const key = keys.get(primary);
    if (!key) throw new Error(`The primary master key ${primary} is not in the key ring.`);
    return key;
  }

  find(id: string): RingKey | undefined {
    return this.read().keys.get(id);
  }

  list(): readonly RingKey[] {
    return [...this.read().keys.values()];
  }

  /** Makes a new key, and makes it the primary one. Gives its id. Throws when the folder is not there to be written. */
  async rotate(): Promise<string> {
    const folder = this.requireFolder();
    mkdirSync(folder, { recursive: true, mode: 0o700 });
    const bytes = randomBytes(32);
    const id = idOf(bytes);
    if (this.wrapper) {
      writeFile(path.join(folder, `${id}.vault`), await this.wrapper.wrap(bytes));
      this.unwrapped.set(id, bytes);
    } else {
      writeFile(path.join(folder, `${id}.key`), bytes.toString('base64'));
    }
    writeFile(path.join(folder, 'primary'), id);
    this.kept = undefined;
    return id;
  }

  /** Leaves the key out from now on; its file stays, for what backups hold. */
  retire(id: string): void {
    const folder = this.requireFolder();
    const retired = new Set([...this.readRetired(), id]);
    writeFile(path.join(folder, 'retired'), [...retired].join('\n'));
    this.kept = undefined;
  }

  private requireFolder(): string {
    if (!this.config.masterKeyDir)
      throw new Error('SLIPWAY_MASTER_KEY_DIR is not set: name the folder of the master keys.');
    return this.config.masterKeyDir;
  }

  private read() {
    const at = Date.now();
    if (this.kept && at - this.kept.at < rereadMilliseconds) return this.kept;
    const keys = new Map<string, RingKey>();
    const add = (key: RingKey) => keys.set(key.id, key);
    let primary = '';
    if (this.config.masterKeyFile) {
      const bytes = parseKey(
        readSecretFile(this.config.masterKeyFile, 'SLIPWAY_MASTER_KEY_FILE'),
        'SLIPWAY_MASTER_KEY_FILE',
      );
      primary = idOf(bytes);
      add({ id: primary, source: 'file', bytes, since: timeOf(this.config.masterKeyFile) });
    }
    for (const [id, text] of Object.entries(this.config.masterKeys)) {
      add({ id, source: 'environment', bytes: parseKey(text, `SLIPWAY_MASTER_KEYS, key ${id},`) });
      primary ||= id;
    }
    for (const { id, kind, text, since } of this.readFolder()) {
      const bytes = kind === 'key' ? parseKey(text, `${id}.key`) : this.unwrapped.get(id);
      if (bytes) add({ id, source: kind === 'key' ? 'folder' : 'vault', bytes, since });
    }
    for (const id of this.readRetired()) keys.delete(id);
    const named = this.readText('primary');
    this.kept = { at, keys, primary: named || primary };
    return this.kept;
  }

  private readFolder(): { id: string; kind: 'key' | 'vault'; text: string; since: Date | undefined }[] {
    const folder = this.config.masterKeyDir;
    if (!folder || !existsSync(folder)) return [];
    return readdirSync(folder).flatMap((name) => {
      const [, id, kind] = keyFile.exec(name) ?? [];
      if (!id || (kind !== 'key' && kind !== 'vault')) return [];
      const file = path.join(folder, name);
      return [{ id, kind, text: readFileSync(file, 'utf8').trim(), since: timeOf(file) }];
    });
  }

  private readRetired(): string[] {
    return this.readText('retired').split('\n').filter(Boolean);
  }

  private readText(name: string): string {
    const file = this.config.masterKeyDir ? path.join(this.config.masterKeyDir, name) : '';
    return file && existsSync(file) ? readFileSync(file, 'utf8').trim() : '';
  }
}

function timeOf(file: string): Date | undefined {
  return statSync(file, { throwIfNoEntry: false })?.mtime;
}

/** A key's id says nothing about the key: the beginning of its hash. */
function idOf(bytes: Buffer): string {
  return createHash('sha256').update('slipway-master-key').update(bytes).digest('hex').slice(0, 12);
}

function parseKey(text: string, where: string): Buffer {
  const key = Buffer.from(text, 'base64');
  if (key.length !== 32) throw new Error(`${where} must hold 32 bytes in base64.`);
  return key;
}

function writeFile(file: string, text: string): void {
  writeFileSync(`${file}.part`, `${text}\n`, { mode: 0o600 });
  renameSync(`${file}.part`, file);
}
