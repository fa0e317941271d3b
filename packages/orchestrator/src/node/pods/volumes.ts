import { execFile } from 'node:child_process';
import { chmod, chown, lstat, mkdir, readFile, realpath, rm, stat, writeFile } from 'node:fs/promises';
import { isAbsolute, join, normalize } from 'node:path';
import { promisify } from 'node:util';
import type { Container, KeyToPath, Pod, Volume, VolumeProjection } from '../../kinds/index.js';
import { parseQuantity } from '../../kinds/quantity.js';
import type { CriMount } from '../cri/types.js';
import { type VolumeFile, writeAtomically } from './atomic-files.js';
import { expand, PodConfigError, type PodFacts, type PodSources, readField, readResource } from './environment.js';
import type { PodPaths } from './paths.js';

const run = promisify(execFile);
const defaultFileMode = 0o644;

export interface VolumeSources extends PodSources {
  /** A token of the pod's service account, bound to the pod. */
  token(audience: string | undefined, expirationSeconds: number): Promise<string>;
}

/**
 * Makes a pod's volumes, or brings their files up to date; idempotent.
 *
 * @throws PodConfigError when a volume refers to what is not there
 */
export async function prepareVolumes(
  pod: Pod,
  paths: PodPaths,
  sources: VolumeSources,
  facts: PodFacts,
  nowMs: number,
): Promise<void> {
  const group = pod.spec?.securityContext?.fsGroup;
  await mkdir(paths.volumes, { recursive: true, mode: 0o755 });
  for (const volume of pod.spec?.volumes ?? []) {
    const directory = paths.volume(volume.name);
    if (volume.emptyDir) await prepareEmptyDir(directory, volume, group);
    else if (volume.hostPath) await prepareHostPath(volume);
    else {
      const files = await filesOf(pod, volume, sources, facts);
      if (!files) throw new PodConfigError(`volume "${volume.name}" is of a type that this node does not support`);
      await writeAtomically(directory, files, group, nowMs);
    }
  }
}

/** Whether a pod has volumes whose content follows objects of the API. */
export function hasRefreshedVolumes(pod: Pod): boolean {
  return (pod.spec?.volumes ?? []).some((one) => one.configMap || one.secret || one.projected || one.downwardAPI);
}

/** Unmounts and removes everything that a pod kept on the node; idempotent. */
export async function removePodFiles(paths: PodPaths): Promise<void> {
  const mounts = await readFile('/proc/self/mountinfo', 'utf8').catch(() => '');
  const points = mounts
    .split('\n')
    .map((line) => line.split(' ')[4] ?? '')
    .filter((point) => point.startsWith(`${paths.root}/`));
  for (const point of points.reverse()) await run('umount', ['-l', point]);
  await rm(paths.root, { recursive: true, force: true });
}

async function prepareEmptyDir(directory: string, volume: Volume, group: number | undefined): Promise<void> {
  if (await lstat(directory).catch(() => undefined)) return;
  await mkdir(directory, { recursive: true });
  if (volume.emptyDir?.medium === 'Memory') {
    const limit = parseQuantity(volume.emptyDir.sizeLimit);
    const options = limit > 0 ? ['-o', `size=${Math.ceil(limit)},mode=0777`] : ['-o', 'mode=0777'];
    await run('mount', ['-t', 'tmpfs', ...options, 'tmpfs', directory]);
  }
  if (group !== undefined) await chown(directory, 0, group);
  await chmod(directory, group === undefined ? 0o777 : 0o2777);
}

async function prepareHostPath(volume: Volume): Promise<void> {
  const { path = '', type = '' } = volume.hostPath ?? {};
  const found = await stat(path).catch(() => undefined);
  switch (type) {
    case '':
      return;
    case 'DirectoryOrCreate':
      if (!found) await mkdir(path, { recursive: true, mode: 0o755 });
      else if (!found.isDirectory()) throw new PodConfigError(`hostPath type check failed: ${path} is not a directory`);
      return;
    case 'FileOrCreate':
      if (!found) await writeFile(path, '', { mode: 0o644 });
      else if (!found.isFile()) throw new PodConfigError(`hostPath type check failed: ${path} is not a file`);
      return;
    case 'Directory':
      if (!found?.isDirectory()) throw new PodConfigError(`hostPath type check failed: ${path} is not a directory`);
      return;
    case 'File':
      if (!found?.isFile()) throw new PodConfigError(`hostPath type check failed: ${path} is not a file`);
      return;
    case 'Socket':
      if (!found?.isSocket()) throw new PodConfigError(`hostPath type check failed: ${path} is not a socket file`);
      return;
    default:
      if (!found) throw new PodConfigError(`hostPath type check failed: ${path} does not exist`);
  }
}

async function filesOf(
  pod: Pod,
  volume: Volume,
  sources: VolumeSources,
  facts: PodFacts,
): Promise<Map<string, VolumeFile> | undefined> {
  if (volume.configMap)
    return projectAll(pod, volume.configMap.defaultMode, [{ configMap: volume.configMap }], sources, facts);
  if (volume.secret) {
    const { secretName, items, optional, defaultMode } = volume.secret;
    return projectAll(pod, defaultMode, [{ secret: { name: secretName, items, optional } }], sources, facts);
  }
  if (volume.downwardAPI) {
    const { defaultMode, items } = volume.downwardAPI;
    return projectAll(pod, defaultMode, [{ downwardAPI: { items } }], sources, facts);
  }
  if (volume.projected) {
    return projectAll(pod, volume.projected.defaultMode, volume.projected.sources ?? [], sources, facts);
  }
  return undefined;
}

async function projectAll(
  pod: Pod,
  defaultMode: number | undefined,
  projections: readonly VolumeProjection[],
  sources: VolumeSources,
  facts: PodFacts,
): Promise<Map<string, VolumeFile>> {
  const mode = defaultMode ?? defaultFileMode;
  const files = new Map<string, VolumeFile>();
  for (const projection of projections) {
    if (projection.configMap) {
      const { name = '', items, optional } = projection.configMap;
      const found = await sources.configMap(name);
      if (!found && !optional) throw new PodConfigError(`configmap "${name}" not found`);
      const data = new Map<string, Buffer>();
      for (const [key, value] of Object.entries(found?.data ?? {})) data.set(key, Buffer.from(value));
      for (const [key, value] of Object.entries(found?.binaryData ?? {})) data.set(key, Buffer.from(value, 'base64'));
      addKeys(files, data, items, mode, optional === true || !found, `configmap "${name}"`);
    }
    if (projection.secret) {
      const { name = '', items, optional } = projection.secret;
      const found = await sources.secret(name);
      if (!found && !optional) throw new PodConfigError(`secret "${name}" not found`);
      const data = new Map<string, Buffer>();
      for (const [key, value] of Object.entries(found?.data ?? {})) data.set(key, Buffer.from(value, 'base64'));
      addKeys(files, data, items, mode, optional === true || !found, `secret "${name}"`);
    }
    for (const item of projection.downwardAPI?.items ?? []) {
      const text = item.fieldRef
        ? readField(pod, item.fieldRef, facts)
        : item.resourceFieldRef
          ? readResource(pod, { name: '' }, item.resourceFieldRef, facts)
          : '';
      addFile(files, item.path, Buffer.from(text), item.mode ?? mode);
    }
    if (projection.serviceAccountToken) {
      const { audience, expirationSeconds = 3600, path } = projection.serviceAccountToken;
      addFile(files, path, Buffer.from(await sources.token(audience, expirationSeconds)), mode);
    }
  }
  return files;
}

function addKeys(
  files: Map<string, VolumeFile>,
  data: ReadonlyMap<string, Buffer>,
  items: readonly KeyToPath[] | undefined,
  mode: number,
  optional: boolean,
  source: string,
): void {
  if (!items) {
    for (const [key, content] of data) addFile(files, key, content, mode);
    return;
  }
  for (const item of items) {
    const content = data.get(item.key);
    if (content) addFile(files, item.path, content, item.mode ?? mode);
    else if (!optional) throw new PodConfigError(`${source} has no key "${item.key}"`);
  }
}

function addFile(files: Map<string, VolumeFile>, path: string, content: Buffer, mode: number): void {
  const clean = normalize(path);
  if (isAbsolute(clean) || clean.startsWith('..')) throw new PodConfigError(`invalid path in volume: ${path}`);
  files.set(clean, { content, mode });
}

/**
 * A container's mounts; creates missing subPaths.
 *
 * @throws PodConfigError for a mount of an unknown volume or a subPath that leads out of its volume
 */
export async function resolveMounts(
  pod: Pod,
  container: Container,
  paths: PodPaths,
  environment: ReadonlyMap<string, string>,
): Promise<CriMount[]> {
  const mounts: CriMount[] = [];
  for (const mount of container.volumeMounts ?? []) {
    const volume = pod.spec?.volumes?.find((one) => one.name === mount.name);
    if (!volume) throw new PodConfigError(`volumeMount names the unknown volume "${mount.name}"`);
    const root = volume.hostPath?.path ?? paths.volume(volume.name);
    const subPath = mount.subPathExpr === undefined ? mount.subPath : expand(mount.subPathExpr, environment);
    const fromApi = !volume.emptyDir && !volume.hostPath;
    mounts.push({
      containerPath: isAbsolute(mount.mountPath) ? mount.mountPath : join('/', mount.mountPath),
      hostPath: subPath ? await resolveSubPath(root, subPath, fromApi) : root,
      readonly: mount.readOnly === true || fromApi,
      propagation:
        mount.mountPropagation === 'Bidirectional'
          ? 'PROPAGATION_BIDIRECTIONAL'
          : mount.mountPropagation === 'HostToContainer'
            ? 'PROPAGATION_HOST_TO_CONTAINER'
            : 'PROPAGATION_PRIVATE',
    });
  }
  return mounts;
}

/** The real path, so that a link which the pod planted in its own volume cannot lead the mount out of it. */
async function resolveSubPath(root: string, subPath: string, readOnly: boolean): Promise<string> {
  const wanted = normalize(join(root, subPath));
  if (wanted !== root && !wanted.startsWith(`${root}/`))
    throw new PodConfigError(`subPath "${subPath}" leaves its volume`);
  const realRoot = await realpath(root);
  let real = await realpath(wanted).catch(() => undefined);
  if (real === undefined) {
    if (readOnly) throw new PodConfigError(`subPath "${subPath}" does not exist in its volume`);
    await mkdirInside(realRoot, subPath);
    real = await realpath(wanted);
  }
  if (real !== realRoot && !real.startsWith(`${realRoot}/`))
    throw new PodConfigError(`subPath "${subPath}" leaves its volume`);
  return real;
}

async function mkdirInside(root: string, subPath: string): Promise<void> {
  let at = root;
  for (const part of normalize(subPath).split('/').filter(Boolean)) {
    const next = join(at, part);
    if (!(await lstat(next).catch(() => undefined))) {
      await mkdir(next);
      await chmod(next, (await stat(at)).mode & 0o7777);
      const { uid, gid } = await stat(at);
      await chown(next, uid, gid);
    }
    at = await realpath(next);
    if (at !== root && !at.startsWith(`${root}/`)) throw new PodConfigError(`subPath "${subPath}" leaves its volume`);
  }
}
