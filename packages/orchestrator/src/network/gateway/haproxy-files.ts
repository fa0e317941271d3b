import { existsSync } from 'node:fs';
import { chmod, mkdir, readdir, readFile, rename, unlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import {
  certificateList,
  type HaproxyState,
  holdScript,
  type MapName,
  mapNames,
  mirrorScript,
  renderConfiguration,
} from './haproxy-config.js';
import { renderHoldScript } from './hold-script.js';
import { renderMirrorScript } from './mirror-script.js';
import type { Certificate } from './model.js';

/**
 * Writes everything that HAProxy reads at a start, so that one that starts now comes up in this state. Each file is
 * replaced whole.
 */
export async function writeState(directory: string, state: HaproxyState): Promise<void> {
  await mkdir(join(directory, 'maps'), { recursive: true });
  for (const name of mapNames) await replace(mapFile(directory, name), renderMap(state.maps[name]));
  await makeCertificateFolder(directory);
  await replace(join(directory, certificateList), renderCertificateList(directory, state.certificates));
  await replace(join(directory, 'haproxy.cfg'), renderConfiguration(state));
}

/** What configurations load; it is the same in every state. */
export async function writeScripts(directory: string): Promise<void> {
  await mkdir(directory, { recursive: true });
  await replace(join(directory, holdScript), renderHoldScript());
  await replace(join(directory, mirrorScript), renderMirrorScript(join(directory, 'mirror.sock')));
}

export function mapFile(directory: string, name: MapName): string {
  return join(directory, 'maps', `${name}.map`);
}

/** A certificate that the list names must be there before the list does. Those that are there are as they shall be. */
export async function writeCertificates(directory: string, certificates: readonly Certificate[]): Promise<void> {
  await makeCertificateFolder(directory);
  for (const { file, pem } of certificates) {
    const path = certificateFile(directory, file);
    if (!existsSync(path)) await replace(path, pem);
  }
}

/** Deletes the keys that no list names any more. */
export async function removeCertificates(directory: string, kept: HaproxyState['certificates']): Promise<void> {
  for (const file of await readdir(join(directory, 'certificates')))
    if (/^[0-9a-f]{32}\.pem(\.next)?$/.test(file) && !kept.has(file)) await unlink(certificateFile(directory, file));
}

export function certificateFile(directory: string, file: string): string {
  return join(directory, 'certificates', file);
}

async function makeCertificateFolder(directory: string): Promise<void> {
  const folder = join(directory, 'certificates');
  await mkdir(folder, { recursive: true });
  await chmod(folder, 0o700);
}

/** The first line is for who asks for no name or for one that no other line has. */
function renderCertificateList(directory: string, certificates: HaproxyState['certificates']): string {
  const lines = [...certificates].map(([file, host]) => `${certificateFile(directory, file)} ${host}`);
  return `${[`${certificateFile(directory, 'default.pem')} !*`, ...lines].join('\n')}\n`;
}

function readCertificateList(text: string): Map<string, string> {
  const lines = text.matchAll(/^\S*\/([0-9a-f]{32}\.pem) (\S+)$/gm);
  return new Map([...lines].map(([, file = '', host = '']) => [file, host]));
}

function renderMap(map: ReadonlyMap<string, string>): string {
  return [...map]
    .map(([key, value]) => `${key} ${value}\n`)
    .sort()
    .join('');
}

/** What the files say, which is what a HAProxy that runs was last told; undefined where they are not ours. */
export async function readState(directory: string): Promise<HaproxyState | undefined> {
  try {
    const text = await readFile(join(directory, 'haproxy.cfg'), 'utf8');
    if (!text.includes('map_str(')) return undefined;
    const servers = new Map<string, string[]>();
    let backend = '';
    for (const line of text.split('\n')) {
      const [, named] = /^ {2}# servers of (\S+)$/.exec(line) ?? [];
      if (named !== undefined) {
        backend = named;
        servers.set(backend, []);
      }
      const [, server] = /^ {2}server (\d\S*) /.exec(line) ?? [];
      if (server !== undefined) servers.get(backend)?.push(server);
    }
    const structure = text.replace(/^ {2}server \d\S* \S+\n/gm, '');
    const read = (name: MapName) => readMap(mapFile(directory, name));
    const [exact, prefix, weights, targets, keys, seeds, holds] = await Promise.all([
      read('exact'),
      read('prefix'),
      read('weights'),
      read('targets'),
      read('keys'),
      read('seeds'),
      read('holds'),
    ]);
    const certificates = readCertificateList(await readFile(join(directory, certificateList), 'utf8'));
    return { structure, servers, maps: { exact, prefix, weights, targets, keys, seeds, holds }, certificates };
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return undefined;
    throw error;
  }
}

async function readMap(file: string): Promise<Map<string, string>> {
  const lines = (await readFile(file, 'utf8')).split('\n').filter((line) => line !== '');
  return new Map(
    lines.map((line): [string, string] => [
      line.slice(0, line.lastIndexOf(' ')),
      line.slice(line.lastIndexOf(' ') + 1),
    ]),
  );
}

async function replace(file: string, text: string): Promise<void> {
  await writeFile(`${file}.next`, text, { mode: 0o600 });
  await rename(`${file}.next`, file);
}
