import { createReadStream } from 'node:fs';
import { resolve } from 'node:path';
import { Readable } from 'node:stream';
import { ApiError } from '@slipway/sdk';
import type { Command } from 'commander';
import { APP_ENVIRONMENT, APPLICATION, type Api, PROJECT, read } from '../api.js';
import { CliError, usageError } from '../errors.js';
import { followBuild, followRollout, rolloutOfBuild } from '../follow.js';
import { formatBytes } from '../format.js';
import { withExamples } from '../help.js';
import { type Io, paint } from '../io.js';
import { findManifest, type Manifest } from '../manifest.js';
import { packFolder } from '../pack.js';
import { canPrompt, confirm } from '../prompt.js';
import { type Cli, type CommonOptions, withScope } from '../session.js';
import type { Application, Hooks, Source } from '../types.js';
import { showPlan } from './plan.js';

interface DeployOptions extends CommonOptions {
  readonly image?: string;
  readonly git?: string;
  readonly ref?: string;
  readonly create?: boolean;
  readonly wait: boolean;
  readonly port?: number;
  readonly description?: string;
  readonly override?: string;
  readonly plan?: boolean;
}

type ApplicationPath = { tenant: string; project: string; application: string };

export function registerDeploy(program: Command, cli: Cli): void {
  const command = program
    .command('deploy')
    .description('Deploy a folder, an image or a git repository, and print the URL.')
    .argument('[dir]', 'folder to build, with a Dockerfile and perhaps a slipway.yaml', '.')
    .option('--image <reference>', 'deploy this image instead of building')
    .option('--git <url>', 'build this repository instead of the folder')
    .option('--ref <ref>', 'branch, tag or commit of the repository')
    .option('--create', 'create the application when it does not exist')
    .option('--port <number>', 'port that the web process listens on, for a new application', Number)
    .option('--description <text>', 'what the release is, with --image')
    .option('--override <reason>', 'with --image: in spite of a freeze')
    .option('--plan', 'show what would change, and change nothing')
    .option('--no-wait', 'return when the build or rollout has started');
  withScope(command, 'environment').action((dir: string, options: DeployOptions) => deploy(cli, dir, options));
  withExamples(
    command,
    'slipway deploy',
    'slipway deploy docs/samples/hello --tenant acme --project demo --create',
    'slipway deploy --image 127.0.0.1:7601/acme/demo/hello:1.2 --app hello',
    'slipway deploy --git https://git.example.com/acme/shop.git --ref main --app shop --environment staging',
    'URL=$(slipway deploy)',
  );
}

async function deploy(cli: Cli, dir: string, options: DeployOptions): Promise<void> {
  if (options.image && options.git) throw usageError('--image and --git exclude each other.');
  if (options.port !== undefined && !(Number.isInteger(options.port) && options.port > 0 && options.port < 65_536))
    throw usageError('--port takes a number from 1 to 65535.');
  const folder = resolve(cli.io.cwd, dir);
  const session = await cli.open(options, folder);
  const { environment, ...path } = await session.environment();
  const { api, out } = session;
  const { io } = cli;
  if (options.plan) {
    if (!options.image) out.note('The image is known when it is built: this is the plan with the image of now.');
    return showPlan(api, io, out, { environment, ...path }, { image: options.image });
  }
  const manifest = options.image || options.git ? undefined : await findManifest(folder);
  await ensureApplication(api, io, path, manifest, options);

  if (options.image) {
    await warnOfUser(api, io, path, options.image);
    const release = await read(
      api.POST(`${APPLICATION}/releases`, {
        params: { path },
        body: { image: options.image, description: options.description },
      }),
    );
    step(io, `Release ${release.number} of ${options.image}`);
    const rollout = await read(
      api.POST(`${APPLICATION}/rollouts`, {
        params: { path },
        body: { environment, release: release.number, overrideFreeze: options.override },
      }),
    );
    if (!options.wait)
      return out.object(rollout, () => [
        ['rollout', rollout.id],
        ['release', rollout.release],
        ['state', rollout.state],
      ]);
    await followRollout(api, io, path, rollout.id);
  } else {
    const source = options.git
      ? { type: 'git' as const, ref: options.ref }
      : { type: 'upload' as const, upload: await upload(api, io, path, folder) };
    const build = await read(
      api.POST(`${APPLICATION}/builds`, { params: { path }, body: { source, deploy: { environment } } }),
    );
    step(io, `Build ${build.number} of ${path.application}`);
    if (!options.wait)
      return out.object(build, () => [
        ['build', build.number],
        ['state', build.state],
      ]);
    await followBuild(api, io, path, build.number);
    const rollout = await rolloutOfBuild(api, io, path, build.number);
    step(io, `Rolling out to ${environment}`);
    await followRollout(api, io, path, rollout);
  }
  const status = await read(api.GET(`${APP_ENVIRONMENT}/status`, { params: { path: { ...path, environment } } }));
  step(io, `Release ${status.release} runs in ${environment}`);
  out.text(
    { application: path.application, environment, release: status.release, url: status.url, state: status.state },
    (result) => result.url ?? '',
  );
}

/** Says beforehand of an image that is made to run as root that here it will not. */
async function warnOfUser(api: Api, io: Io, { tenant, project }: ApplicationPath, image: string): Promise<void> {
  const params = { path: { tenant, project } };
  // A server without this route says nothing.
  const check = await find(() => read(api.POST(`${PROJECT}/pod-security/image-checks`, { params, body: { image } })));
  if (check?.warning) io.stderr.write(`${paint(io, 'stderr', 'yellow', '!')} ${check.warning}\n`);
}

async function upload(api: Api, io: Io, path: ApplicationPath, folder: string): Promise<string> {
  const archive = await packFolder(folder);
  try {
    step(io, `Uploading ${archive.fileCount} files, ${formatBytes(archive.sizeBytes)}`);
    const content = Readable.toWeb(createReadStream(archive.file));
    const request = {
      params: { path },
      headers: { 'content-type': 'application/gzip' },
      // The document says `binary`, which its types can only call a string.
      body: '',
      bodySerializer: () => content,
      // A stream may only be sent like this: the answer comes after the whole body.
      duplex: 'half',
      signal: io.signal,
    } as const;
    return (await read(api.POST(`${APPLICATION}/uploads`, request))).id;
  } finally {
    await archive.dispose();
  }
}

/** Creates the application, or brings what slipway.yaml states up to date; replicas belong to `scale` once it exists. */
async function ensureApplication(
  api: Api,
  io: Io,
  path: ApplicationPath,
  manifest: Manifest | undefined,
  options: DeployOptions,
) {
  const existing = await find(() => read(api.GET(APPLICATION, { params: { path } })));
  const processes = options.port
    ? { web: { ...manifest?.processes?.['web'], port: options.port } }
    : manifest?.processes;
  if (!existing) {
    await assertMayCreate(io, path, options);
    const { application, ...project } = path;
    await read(
      api.POST(`${PROJECT}/applications`, {
        params: { path: project },
        body: {
          name: application,
          source: toSource(options),
          build: manifest?.build && { dockerfile: 'Dockerfile', context: '.', ...manifest.build },
          processes,
          hooks: manifest?.hooks,
        },
      }),
    );
    step(io, `Created application ${application}`);
    return;
  }
  const change = toChange(existing, manifest, options);
  if (change) {
    await read(api.PATCH(APPLICATION, { params: { path }, body: change }));
    step(io, `Updated application ${path.application}`);
  }
}

async function assertMayCreate(io: Io, path: ApplicationPath, options: DeployOptions): Promise<void> {
  if (options.create) return;
  const question = `There is no application '${path.application}' in ${path.tenant}/${path.project}. Create it?`;
  if (canPrompt(io) && (await confirm(io, question, false))) return;
  throw new CliError(
    'application-not-found',
    `There is no application '${path.application}' in ${path.tenant}/${path.project}.`,
    {
      exit: 'notFound',
      remedy: 'Add --create, or check --app, --project and --tenant.',
    },
  );
}

function toSource(options: DeployOptions): Source {
  if (options.image) return { type: 'image', image: options.image };
  if (options.git) return { type: 'git', url: options.git, ref: options.ref };
  return { type: 'archive' };
}

/** The merge patch that makes the application what the folder says, or undefined when it is that already. */
export function toChange(
  existing: Application,
  manifest: Pick<Manifest, 'build' | 'processes' | 'hooks'> | undefined,
  options: Pick<DeployOptions, 'git' | 'ref'>,
): Record<string, unknown> | undefined {
  const change: Record<string, unknown> = {};
  if (options.git && !(existing.source.type === 'git' && existing.source.url === options.git))
    change['source'] = { type: 'git', url: options.git, ref: options.ref };
  if (manifest?.build && differs(manifest.build, existing.build)) change['build'] = manifest.build;
  if (manifest?.hooks && !isSame(manifest.hooks, existing.hooks))
    change['hooks'] = { before: manifest.hooks.before ?? null, after: manifest.hooks.after ?? null };
  for (const [name, { replicas, ...stated }] of Object.entries(manifest?.processes ?? {})) {
    const present = existing.processes?.[name];
    if (present ? !differs(stated, present) : false) continue;
    change['processes'] = { ...(change['processes'] as object), [name]: present ? stated : { ...stated, replicas } };
  }
  return Object.keys(change).length > 0 ? change : undefined;
}

/** A hook is stated whole: what the file leaves out is not there. */
const isSame = (stated: Hooks, present: Hooks): boolean => !differs(stated, present) && !differs(present, stated);

/** True when something that `stated` names has another value in `present`. */
function differs(stated: unknown, present: unknown): boolean {
  if (stated === undefined) return false;
  if (typeof stated !== 'object' || stated === null || Array.isArray(stated))
    return JSON.stringify(stated) !== JSON.stringify(present);
  const values = typeof present === 'object' && present !== null ? (present as Record<string, unknown>) : {};
  return Object.entries(stated).some(([key, value]) => differs(value, values[key]));
}

async function find<T>(get: () => Promise<T>): Promise<T | undefined> {
  try {
    return await get();
  } catch (error) {
    if (error instanceof ApiError && error.status === 404) return undefined;
    throw error;
  }
}

function step(io: Io, text: string): void {
  io.stderr.write(`${paint(io, 'stderr', 'bold', '→')} ${text}\n`);
}
