import { mkdir, readFile, rename, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { type HaproxyState, type MapName, mapNames, mirrorScript, renderConfiguration } from './haproxy-config.js';
import { renderMirrorScript } from './mirror-script.js';

/**
 * Writes everything that HAProxy reads at a start, so that one that starts now comes up in this state. Each file is
 * replaced whole.
 */
export async function writeState(directory: string, state: HaproxyState): Promise<void> {
  await mkdir(join(directory, 'maps'), { recursive: true });
  for (const name of mapNames) await replace(mapFile(directory, name), renderMap(state.maps[name]));
  await replace(join(directory, 'haproxy.cfg'), renderConfiguration(state));
}

/** What a configuration with mirrors loads; it is the same in every state. */
export async function writeMirrorScript(directory: string): Promise<void> {
  await mkdir(directory, { recursive: true });
  await replace(join(directory, mirrorScript), renderMirrorScript(join(directory, 'mirror.sock')));
}

export function mapFile(directory: string, name: MapName): string {
  return join(directory, 'maps', `${name}.map`);
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
    const [exact, prefix, weights, targets, keys, seeds] = await Promise.all([
      read('exact'),
      read('prefix'),
      read('weights'),
      read('targets'),
      read('keys'),
      read('seeds'),
    ]);
    return { structure, servers, maps: { exact, prefix, weights, targets, keys, seeds } };
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
