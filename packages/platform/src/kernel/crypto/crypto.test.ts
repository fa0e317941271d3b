import { randomBytes } from 'node:crypto';
import { mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { Crypto, keyIdOf } from './crypto.js';
import { KeyRing } from './key-ring.js';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(path.join(tmpdir(), 'slipway-keys-'));
  writeFileSync(path.join(folder, 'master.key'), randomBytes(32).toString('base64'));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

const settings = () => ({
  masterKeyFile: path.join(folder, 'master.key'),
  masterKeyDir: path.join(folder, 'ring'),
  masterKeys: {},
  vaultUrl: undefined as string | undefined,
  vaultTokenFile: path.join(folder, 'token'),
  vaultTransitKey: 'slipway',
});

describe('sealing', () => {
  it('opens what it sealed, and carries the key and never the text', () => {
    const ring = new KeyRing(settings());
    const sealed = new Crypto(ring).seal('s3cret ✓', 'a/b');
    expect(new Crypto(ring).open(sealed, 'a/b')).toBe('s3cret ✓');
    expect(keyIdOf(sealed)).toBe(ring.primary.id);
    expect(sealed).not.toContain('s3cret');
    expect(new Crypto(ring).seal('s3cret ✓', 'a/b')).not.toBe(sealed);
  });

  it('opens nothing that was moved, altered, cut or sealed elsewhere', () => {
    const crypto = new Crypto(new KeyRing(settings()));
    const sealed = crypto.seal('text', 'a');
    expect(() => crypto.open(sealed, 'b')).toThrow();
    const parts = sealed.split('.');
    for (let part = 1; part < parts.length; part++) {
      const bytes = Buffer.from(parts[part] ?? '', 'base64url');
      for (const at of [0, 13, bytes.length - 1]) {
        const altered = Buffer.from(bytes);
        if (at < altered.length) altered[at] = (altered[at] ?? 0) ^ 1;
        const text = parts.with(part, part === 1 ? `${parts[1]}x` : altered.toString('base64url')).join('.');
        if (text !== sealed) expect(() => crypto.open(text, 'a')).toThrow();
      }
    }
    for (const text of ['', 'v2', 'v2.a.b', `v3.${parts.slice(1).join('.')}`, `${sealed}.x`, sealed.slice(0, -6)])
      expect(() => crypto.open(text, 'a')).toThrow();
    const other = crypto.seal('other', 'a').split('.');
    expect(() => crypto.open([...parts.slice(0, 3), other[3]].join('.'), 'a')).toThrow();
    const elsewhere = settings();
    writeFileSync(path.join(folder, 'other.key'), randomBytes(32).toString('base64'));
    const stranger = new Crypto(new KeyRing({ ...elsewhere, masterKeyFile: path.join(folder, 'other.key') }));
    expect(() => stranger.open(sealed, 'a')).toThrow('not in the key ring');
  });
});

describe('rotation', () => {
  it('seals with the new key, opens what is under the old one, and rewraps without touching the text', async () => {
    const ring = new KeyRing(settings());
    const crypto = new Crypto(ring);
    const before = crypto.seal('text', 'a');
    const id = await ring.rotate();
    expect(keyIdOf(crypto.seal('text', 'a'))).toBe(id);
    const after = crypto.rewrap(before, 'a') ?? '';
    expect(keyIdOf(after)).toBe(id);
    expect(after.split('.')[3]).toBe(before.split('.')[3]);
    expect([crypto.open(before, 'a'), crypto.open(after, 'a')]).toEqual(['text', 'text']);
    expect(crypto.rewrap(after, 'a')).toBeUndefined();
    expect(() => crypto.rewrap(before, 'b')).toThrow();
    ring.retire(keyIdOf(before));
    expect(() => crypto.open(before, 'a')).toThrow('not in the key ring');
    expect(new Crypto(new KeyRing(settings())).open(after, 'a')).toBe('text');
  });

  it('takes keys from the environment', () => {
    const key = randomBytes(32).toString('base64');
    const ring = new KeyRing({ ...settings(), masterKeyFile: undefined, masterKeys: { blue: key } });
    expect(ring.primary).toMatchObject({ id: 'blue', source: 'environment' });
    const short = new KeyRing({ ...settings(), masterKeyFile: undefined, masterKeys: { blue: 'c2hvcnQ=' } });
    expect(() => short.primary).toThrow('32 bytes');
  });
});

describe('Vault', () => {
  let server: Server;
  let asked: string[];
  beforeEach(async () => {
    asked = [];
    // As Vault's transit engine answers; wrapping is turning around here.
    server = createServer((request, response) => {
      let body = '';
      request.on('data', (chunk) => {
        body += chunk;
      });
      request.on('end', () => {
        asked.push(`${request.method} ${request.url} ${request.headers['x-vault-token']}`);
        if (request.headers['x-vault-token'] !== 'token') return response.writeHead(403).end('{}');
        const turn = (text: string) => [...text].reverse().join('');
        const { plaintext, ciphertext } = JSON.parse(body);
        const data = plaintext
          ? { ciphertext: `vault:v1:${turn(plaintext)}` }
          : { plaintext: turn(String(ciphertext).slice('vault:v1:'.length)) };
        return response.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify({ data }));
      });
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  });
  afterEach(() => new Promise((resolve) => server.close(resolve)));
  const vault = () => {
    const address = server.address();
    const port = typeof address === 'object' && address ? address.port : 0;
    return { ...settings(), vaultUrl: `http://127.0.0.1:${port}` };
  };

  it('keeps new master keys wrapped, and unwraps them at the start', async () => {
    writeFileSync(path.join(folder, 'token'), 'token');
    const ring = new KeyRing(vault());
    await ring.onModuleInit();
    const id = await ring.rotate();
    const sealed = new Crypto(ring).seal('text', 'a');
    expect(readdirSync(path.join(folder, 'ring')).sort()).toEqual([`${id}.vault`, 'primary']);
    const restarted = new KeyRing(vault());
    await restarted.onModuleInit();
    expect(restarted.primary).toMatchObject({ id, source: 'vault' });
    expect(new Crypto(restarted).open(sealed, 'a')).toBe('text');
    expect(asked).toEqual(['POST /v1/transit/encrypt/slipway token', 'POST /v1/transit/decrypt/slipway token']);
  });

  it('says who refuses', async () => {
    writeFileSync(path.join(folder, 'token'), 'expired');
    await expect(new KeyRing(vault()).rotate()).rejects.toThrow('Vault refuses to encrypt with the key slipway: 403.');
  });
});
