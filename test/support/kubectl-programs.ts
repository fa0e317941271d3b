import { type ExecFileSyncOptionsWithStringEncoding, execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, readdirSync, realpathSync, rmSync, symlinkSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

declare module 'vitest' {
  interface ProvidedContext {
    kubectls: readonly KubectlProgram[];
    /** A BusyBox image that the cluster under test can pull. */
    image: string;
  }
}

export interface KubectlProgram {
  readonly program: string;
  readonly minor: number;
}

const quiet: ExecFileSyncOptionsWithStringEncoding = {
  encoding: 'utf8',
  stdio: ['ignore', 'pipe', 'ignore'],
  timeout: 60_000,
};
const downloads = fileURLToPath(new URL('../artifacts/kubectl', import.meta.url));

/**
 * The kubectls that the tests run with: the newest of this machine (or `KUBECTL`) and Debian's, which is an old one
 * (or `KUBECTL_OLD`), newest first. Empty, said once, where there is none.
 */
export function findKubectls(): KubectlProgram[] {
  const newest = called(known([process.env['KUBECTL'], ...(process.env['KUBECTL'] ? [] : onPath())])[0]);
  const oldest = known([process.env['KUBECTL_OLD'] ?? debians()])[0];
  if (!newest && !oldest) console.log('skipped: there is no kubectl on this machine');
  const isOlder = oldest !== undefined && oldest.minor !== newest?.minor;
  return [...(newest ? [newest] : []), ...(isOlder ? [oldest] : [])];
}

/** The ones that answer, newest first. */
function known(programs: readonly (string | undefined)[]): KubectlProgram[] {
  const found = programs.flatMap((program) => {
    const minor = program ? minorOf(program) : undefined;
    return program && minor !== undefined ? [{ program, minor }] : [];
  });
  return found.sort((a, b) => b.minor - a.minor);
}

/** The owner of fields that it writes goes by the name it is called by. */
function called(found: KubectlProgram | undefined): KubectlProgram | undefined {
  if (!found || basename(found.program) === 'kubectl') return found;
  const program = join(downloads, `1.${found.minor}/kubectl`);
  mkdirSync(dirname(program), { recursive: true });
  rmSync(program, { force: true });
  symlinkSync(found.program, program);
  return { ...found, program };
}

function minorOf(program: string): number | undefined {
  try {
    const text = execFileSync(program, ['version', '--client', '-o', 'json'], quiet);
    const { clientVersion } = JSON.parse(text) as { clientVersion: { minor: string } };
    return Number.parseInt(clientVersion.minor, 10);
  } catch {
    return undefined;
  }
}

/** `kubectl`, and the versions that some distributors put beside it. */
function onPath(): string[] {
  const directories = (process.env['PATH'] ?? '').split(':');
  const first = directories.map((each) => join(each, 'kubectl')).find((each) => existsSync(each));
  if (!first) return [];
  const beside = dirname(realpathSync(first));
  return [
    first,
    ...readdirSync(beside).flatMap((name) => (/^kubectl\.1\.\d+$/.test(name) ? [join(beside, name)] : [])),
  ];
}

/** Debian's own: installed, or unpacked here beside another kubectl that holds its name. */
function debians(): string | undefined {
  const unpacked = join(downloads, 'usr/bin/kubectl');
  if (existsSync(unpacked)) return unpacked;
  try {
    const owner = execFileSync('dpkg-query', ['-S', '/usr/bin/kubectl'], quiet);
    if (owner.startsWith('kubernetes-client:')) return '/usr/bin/kubectl';
  } catch {
    // No package holds it.
  }
  try {
    mkdirSync(downloads, { recursive: true });
    execFileSync('apt-get', ['download', '-qq', 'kubernetes-client'], { ...quiet, cwd: downloads });
    const [archive = ''] = readdirSync(downloads).filter((name) => name.endsWith('.deb'));
    execFileSync('dpkg', ['-x', join(downloads, archive), downloads], quiet);
    return unpacked;
  } catch {
    console.log("Debian's kubectl is not to be had here: the tests run with this machine's alone");
    return undefined;
  }
}
