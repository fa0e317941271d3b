import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import { createReadStream, existsSync, mkdirSync, renameSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { promisify } from 'node:util';
import { baseEnvironment, outwardEnvironment } from './platform.js';

const run = promisify(execFile);

/** It could not be brought to this machine. */
export class KeycloakUnreachable extends Error {}

const version = '26.7.3';
const artifact = `org.keycloak:keycloak-quarkus-dist:${version}:tar.gz`;
const archiveName = `keycloak-quarkus-dist-${version}.tar.gz`;
const sha256 = '77657f30b7e90d70f727712ce1c967f430fd6a5e9f458d32d8c6df0635345f47';
const plugin = 'org.apache.maven.plugins:maven-dependency-plugin:3.8.1:copy';
/** What the server is built for; it starts in half the time for that. */
const buildOptions = ['--db=postgres', '--health-enabled=true', '--metrics-enabled=true'];
const downloadSeconds = 600;
const buildSeconds = 300;

/**
 * Keycloak, fetched by Maven (or taken from `archive`), checked against its known hash, unpacked and built for PostgreSQL
 * under `directory`; what is there already is kept. Answers its home. Throws with the remedy.
 */
export async function ensureKeycloak(directory: string, archive?: string): Promise<string> {
  const home = join(directory, `keycloak-${version}`);
  if (existsSync(home)) return home;
  const scratch = join(directory, 'scratch');
  rmSync(scratch, { recursive: true, force: true });
  mkdirSync(scratch, { recursive: true });
  const file = archive ?? (await fetchArchive(scratch));
  await assertHash(file);
  await run('tar', ['-xzf', file, '-C', scratch], { env: baseEnvironment });
  const unpacked = join(scratch, `keycloak-${version}`);
  await run(join(unpacked, 'bin/kc.sh'), ['build', ...buildOptions], {
    env: { ...baseEnvironment, JAVA_OPTS_KC_HEAP: '-Xms64m -Xmx512m' },
    timeout: buildSeconds * 1000,
  }).catch((cause: unknown) => {
    throw new Error(`Keycloak cannot be built: ${lastLines(cause)}`);
  });
  // Only a finished one bears the name.
  renameSync(unpacked, home);
  rmSync(scratch, { recursive: true, force: true });
  return home;
}

async function fetchArchive(directory: string): Promise<string> {
  const options = [`-Dartifact=${artifact}`, `-DoutputDirectory=${directory}`];
  // A repository of its own, which goes with the scratch directory.
  const own = `-Dmaven.repo.local=${join(directory, 'repository')}`;
  await run('mvn', ['-B', '-q', own, plugin, ...options], {
    env: { ...baseEnvironment, ...outwardEnvironment(), HOME: directory },
    timeout: downloadSeconds * 1000,
  }).catch((cause: unknown) => {
    throw new KeycloakUnreachable(
      `Keycloak cannot be fetched: ${lastLines(cause)}\n` +
        `Without a way to Maven's repository, bring ${archiveName} here and name it in SLIPWAY_KEYCLOAK_ARCHIVE.`,
    );
  });
  return join(directory, archiveName);
}

async function assertHash(file: string): Promise<void> {
  if (!existsSync(file)) throw new Error(`${file} is not there: name Keycloak's archive in SLIPWAY_KEYCLOAK_ARCHIVE`);
  const hash = createHash('sha256');
  await pipeline(createReadStream(file), hash);
  if (hash.digest('hex') !== sha256) throw new Error(`${file} is not Keycloak ${version}: its SHA-256 differs`);
}

function lastLines(cause: unknown): string {
  const output = ['stdout', 'stderr'].map((name) => String(Reflect.get(Object(cause), name) ?? '')).join('\n');
  return output.trim().split('\n').slice(-5).join('\n') || (cause instanceof Error ? cause.message : String(cause));
}
