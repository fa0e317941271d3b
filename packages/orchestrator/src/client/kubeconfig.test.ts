import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { loadKubeconfig } from './kubeconfig.js';

describe('a kubeconfig', () => {
  let folder = '';
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'kubeconfig-'));
  });
  afterEach(() => rm(folder, { recursive: true }));
  const write = async (user: string, cluster = '{ server: "https://host:1", certificate-authority: ca.pem }') => {
    const path = join(folder, 'config');
    await writeFile(join(folder, 'ca.pem'), 'CA');
    const contexts = '[{ name: main, context: { cluster: c, user: u, namespace: shop } }]';
    const rest = `clusters: [{ name: c, cluster: ${cluster} }]\nusers: [{ name: u, user: ${user} }]\n`;
    await writeFile(path, `current-context: main\ncontexts: ${contexts}\n${rest}`);
    return path;
  };

  it('gives inline data and files relative to itself', async () => {
    const key = Buffer.from('KEY').toString('base64');
    const connection = await loadKubeconfig(await write(`{ client-key-data: ${key}, token: t }`));
    expect(connection).toMatchObject({ server: 'https://host:1', token: 't', namespace: 'shop' });
    expect([connection.ca, connection.key].map(String)).toEqual(['CA', 'KEY']);
  });

  it('says which entry is missing', async () => {
    await expect(loadKubeconfig(await write('{}'), { context: 'other' })).rejects.toThrow(/contexts has no "other"/);
  });

  it('refuses a plugin', async () => {
    await expect(loadKubeconfig(await write('{ exec: { command: aws } }'))).rejects.toThrow(/use a token/);
  });
});
