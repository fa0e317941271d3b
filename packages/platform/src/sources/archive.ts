import { createHash } from 'node:crypto';
import { createReadStream, createWriteStream } from 'node:fs';
import { mkdir, rename, rm } from 'node:fs/promises';
import { dirname } from 'node:path';
import { type Readable, Transform } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { createGunzip } from 'node:zlib';
import { extract } from 'tar-stream';
import { SlipwayError } from '../kernel/errors/errors.js';
import { archiveLimits, isBomb, refuseEntry, refuseLinks } from './archive.rules.js';
import { fail } from './sources.errors.js';

/** Streams an archive to `path`, which exists only when the whole came and may be unpacked. Throws what is wrong with it. */
export async function receiveArchive(input: Readable, path: string): Promise<{ digest: string; sizeBytes: number }> {
  const partial = `${path}.partial`;
  await mkdir(dirname(path), { recursive: true });
  const hash = createHash('sha256');
  let sizeBytes = 0;
  const measure = new Transform({
    transform(chunk: Buffer, _encoding, done) {
      sizeBytes += chunk.length;
      hash.update(chunk);
      done(sizeBytes > archiveLimits.bytes ? fail('archive-too-large') : null, chunk);
    },
  });
  try {
    await pipeline(input, measure, createWriteStream(partial, { mode: 0o600 }));
    if (sizeBytes === 0) throw fail('archive-empty');
    await inspectArchive(partial, sizeBytes);
    await rename(partial, path);
  } catch (error) {
    await rm(partial, { force: true });
    throw error;
  }
  return { digest: `sha256:${hash.digest('hex')}`, sizeBytes };
}

/** Reads every header; nothing is unpacked. Stops at the first entry that may not be, and at a bomb. */
async function inspectArchive(path: string, packedBytes: number): Promise<void> {
  let entries = 0;
  let unpackedBytes = 0;
  const gunzip = createGunzip();
  gunzip.on('data', (chunk: Buffer) => {
    unpackedBytes += chunk.length;
    if (isBomb(unpackedBytes, packedBytes)) gunzip.destroy(fail('archive-too-large'));
  });
  const names = new Set<string>();
  const links = new Map<string, string>();
  const reader = extract();
  reader.on('entry', (header, body, next) => {
    entries += 1;
    const refusal = refuseEntry(header);
    if (refusal) return reader.destroy(fail('archive-malformed', refusal));
    if (entries > archiveLimits.entries)
      return reader.destroy(fail('archive-too-large', `More than ${archiveLimits.entries} entries.`));
    names.add(header.name);
    if (header.type === 'link' && header.linkname) names.add(header.linkname);
    if (header.type === 'symlink') links.set(header.name, header.linkname ?? '');
    body.on('end', next);
    body.resume();
  });
  try {
    await pipeline(createReadStream(path), gunzip, reader);
  } catch (error) {
    if (error instanceof SlipwayError) throw error;
    throw fail('archive-malformed', { detail: 'It is no tar compressed by gzip, or it is cut off.', cause: error });
  }
  if (entries === 0) throw fail('archive-empty');
  const refusal = refuseLinks(links, names);
  if (refusal) throw fail('archive-malformed', refusal);
}
