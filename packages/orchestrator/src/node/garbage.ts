import { readdir, rename, rm, stat, statfs } from 'node:fs/promises';
import { join } from 'node:path';
import type { Stoppable } from '../runtime/index.js';
import type { NodeContext } from './context.js';
import { type ContainerRuntime, podLabels } from './cri/types.js';
import { podPaths } from './pods/paths.js';
import { removePodFiles } from './pods/volumes.js';

export interface GarbageOptions {
  readonly runtime: ContainerRuntime;
  readonly directory: string;
  readonly pauseImage: string;
  readonly isKnown: (podUid: string) => boolean;
  /** Unused images are removed when the disk is fuller than this. */
  readonly imageThresholdPercent: number;
  readonly logMaxBytes: number;
  readonly logMaxFiles: number;
}

const logPeriodMs = 10_000;
const imagePeriodMs = 300_000;

/** Rotates containers' logs, removes files of pods that are gone, and unused images when the disk fills. */
export function startGarbageCollection({ clock, log }: NodeContext, options: GarbageOptions): Stoppable {
  const ending = new AbortController();
  const repeat = async (periodMs: number, task: () => Promise<void>) => {
    while (!ending.signal.aborted) {
      await clock.sleep(periodMs, ending.signal);
      if (ending.signal.aborted) return;
      await task().catch((error: unknown) => log.debug({ error }, 'collecting garbage failed'));
    }
  };
  const running = [
    repeat(logPeriodMs, () => rotateLogs(options)),
    repeat(imagePeriodMs, () => collectImages(options)),
    repeat(imagePeriodMs, () => collectFiles(options)),
  ];
  return {
    stop: async () => {
      ending.abort();
      await Promise.all(running);
    },
  };
}

/** `0.log` → `0.log.1` → `0.log.2` …; the runtime then opens a new `0.log`. */
async function rotateLogs({ runtime, directory, logMaxBytes, logMaxFiles }: GarbageOptions): Promise<void> {
  for (const container of await runtime.listContainers()) {
    const uid = container.labels[podLabels.uid];
    if (container.state !== 'CONTAINER_RUNNING' || uid === undefined) continue;
    const paths = podPaths(directory, uid);
    const file = join(paths.logs, paths.logFile(container.metadata.name, container.metadata.attempt));
    const size = (await stat(file).catch(() => undefined))?.size ?? 0;
    if (size < logMaxBytes) continue;
    await rm(`${file}.${logMaxFiles - 1}`, { force: true });
    for (let number = logMaxFiles - 2; number >= 1; number -= 1) {
      await rename(`${file}.${number}`, `${file}.${number + 1}`).catch(() => undefined);
    }
    await rename(file, `${file}.1`);
    await runtime.reopenLog(container.id);
  }
}

async function collectImages(options: GarbageOptions): Promise<void> {
  const { runtime } = options;
  const disk = await statfs((await runtime.imageFilesystem())?.mountpoint ?? options.directory);
  if ((1 - disk.bavail / disk.blocks) * 100 < options.imageThresholdPercent) return;
  const containers = await runtime.listContainers();
  const used = new Set(containers.flatMap((one) => [one.imageRef, one.image.image]));
  for (const image of await runtime.listImages()) {
    const names = [image.id, ...image.repoTags, ...image.repoDigests];
    const isLocal = image.repoTags.some((one) => one.startsWith('slipway.local/'));
    // Images of slipway.local come from no registry: once removed nobody could pull them again.
    if (isLocal || names.includes(options.pauseImage) || names.some((one) => used.has(one))) continue;
    await runtime.removeImage(image.id);
  }
}

async function collectFiles({ runtime, directory, isKnown }: GarbageOptions): Promise<void> {
  const present = new Set((await runtime.listSandboxes()).map((one) => one.labels[podLabels.uid]));
  for (const uid of await readdir(join(directory, 'pods')).catch(() => [])) {
    if (!isKnown(uid) && !present.has(uid)) await removePodFiles(podPaths(directory, uid));
  }
}
