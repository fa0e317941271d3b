import type { Readable } from 'node:stream';
import { StringDecoder } from 'node:string_decoder';
import type { KubeObject, WatchEvent } from '../kinds/index.js';
import { toKubeError } from './kube-error.js';

/** Splits a byte stream into lines, without their ends. A last line without an end is given too. */
export async function* readLines(body: Readable): AsyncGenerator<string> {
  const decoder = new StringDecoder('utf8');
  // Pieces of an unfinished line are joined once, so that one huge object does not cost a quadratic copy.
  let pieces: string[] = [];
  for await (const chunk of body) {
    const text = Buffer.isBuffer(chunk) ? decoder.write(chunk) : String(chunk);
    let start = 0;
    for (let end = text.indexOf('\n'); end !== -1; end = text.indexOf('\n', start)) {
      pieces.push(text.slice(start, end));
      yield pieces.length === 1 ? (pieces[0] ?? '') : pieces.join('');
      pieces = [];
      start = end + 1;
    }
    if (start < text.length) pieces.push(text.slice(start));
  }
  if (pieces.length > 0) yield pieces.join('');
}

/** Parses one line of a watch. Throws the KubeError of an ERROR event (410 when the resource version is too old). */
export function parseWatchEvent<T extends KubeObject>(line: string): Exclude<WatchEvent<T>, { type: 'ERROR' }> {
  const event = JSON.parse(line) as WatchEvent<T>;
  if (event.type === 'ERROR') throw toKubeError(event.object, 500);
  return event;
}
