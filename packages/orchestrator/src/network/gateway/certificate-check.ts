import { execFile } from 'node:child_process';
import { mkdir, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import type { Certificate } from './model.js';

const run = promisify(execFile);
const refusal = 'HAProxy does not take it: its key or its signature is too weak, or of a kind that it does not know.';

interface CertificateCheck {
  /** Why HAProxy does not take the certificate of this file, as far as it was asked. */
  refusal(file: string): string | undefined;
  /** Asks HAProxy about those that it was not asked about yet. True: it refuses one more. */
  look(certificates: readonly Certificate[]): Promise<boolean>;
  /** Forgets the verdicts on certificates that are no more. */
  keep(files: ReadonlySet<string>): void;
}

/**
 * Lets HAProxy judge certificates (`haproxy -c`) before they stand in its configuration, where one that it does not
 * take would stop all. Asks about all new ones at once, and about each by itself where it refuses them together.
 */
export function createCertificateCheck(directory: string): CertificateCheck {
  const verdicts = new Map<string, boolean>();
  return {
    refusal: (file) => (verdicts.get(file) === false ? refusal : undefined),
    look: async (certificates) => {
      const fresh = certificates.filter(({ file }) => !verdicts.has(file));
      if (fresh.length === 0) return false;
      const areFine = await isTaken(directory, fresh);
      for (const certificate of fresh)
        verdicts.set(certificate.file, areFine || (await isTaken(directory, [certificate])));
      return !areFine;
    },
    keep: (files) => {
      for (const file of verdicts.keys()) if (!files.has(file)) verdicts.delete(file);
    },
  };
}

async function isTaken(directory: string, certificates: readonly Certificate[]): Promise<boolean> {
  const folder = join(directory, 'certificates.check');
  await rm(folder, { recursive: true, force: true });
  const pairs = join(folder, 'pairs');
  await mkdir(pairs, { recursive: true, mode: 0o700 });
  try {
    for (const { file, pem } of certificates) await writeFile(join(pairs, file), pem, { mode: 0o600 });
    const configuration = join(folder, 'check.cfg');
    const lines = [
      'defaults',
      '  mode http',
      '  timeout client 1s',
      'frontend check',
      `  bind unix@${join(folder, 'check.sock')} ssl crt ${pairs}`,
    ];
    await writeFile(configuration, `${lines.join('\n')}\n`);
    await run('haproxy', ['-c', '-f', configuration], { env: { PATH: '/usr/sbin:/usr/bin:/sbin:/bin' } });
    return true;
  } catch (error) {
    // A number is HAProxy's own exit code; anything else says nothing of the certificate.
    if (error instanceof Error && 'code' in error && error.code === 1) return false;
    throw error;
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}
