import { createHash } from 'node:crypto';
import { linkSync, mkdirSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { addLayer, architecture, blobFile, createLayout, hasImage, type Layer, readImage, writeImage } from './oci.js';
import { pause, type Recipe } from './recipes.js';
import { machineSuite, type RootfsOptions, withRootfs } from './rootfs.js';
import { type Entry, listTree, packTree } from './tree.js';

/** Builds a recipe into an OCI image layout in the cache, or finds it there. Answers the layout's directory. */
export async function buildImage(recipe: Recipe, cache: string): Promise<{ layout: string; built: boolean }> {
  const layout = join(cache, `${recipe.name}-${recipe.tag}-${recipeKey(recipe)}`);
  if (hasImage(layout)) return { layout, built: false };
  await createLayout(layout, async (directory) => {
    const layers: Layer[] = [];
    const { packages, customize } = recipe;
    if (packages) layers.push(await rootfsLayer({ packages, customize }, cache, directory));
    for (const layer of recipe.layers ?? []) layers.push(await addLayer(directory, packTree(layer())));
    if (recipe.entries) layers.push(await addLayer(directory, packTree(recipe.entries())));
    writeImage(directory, `${recipe.name}:${recipe.tag}`, layers, recipe.config);
  });
  return { layout, built: true };
}

/**
 * The layer of a root file system, linked into `directory`. It is kept in the cache by itself, as it takes minutes and
 * stays while what lies above it changes with the installation.
 */
async function rootfsLayer(options: RootfsOptions, cache: string, directory: string): Promise<Layer> {
  const kept = join(cache, `rootfs-${shortHash([options, architecture, machineSuite()])}`);
  if (!hasImage(kept)) {
    await createLayout(kept, async (fresh) => {
      writeImage(fresh, 'rootfs', [await withRootfs(options, (tar) => addLayer(fresh, tar))], {});
    });
  }
  const [layer] = readImage(kept).layers;
  if (!layer) throw new Error(`${kept} holds no layer: remove it and build again`);
  const blob = blobFile(directory, layer.descriptor.digest);
  mkdirSync(dirname(blob), { recursive: true });
  linkSync(blobFile(kept, layer.descriptor.digest), blob);
  return layer;
}

/** The pause image as an archive that `ctr images import` takes. */
export async function pauseArchive(name: string): Promise<Buffer> {
  const directory = mkdtempSync(join(tmpdir(), 'slipway-pause-'));
  try {
    const layers = [await addLayer(directory, packTree(pause.entries?.() ?? []))];
    writeImage(directory, name, layers, pause.config);
    const chunks: Buffer[] = [];
    for await (const chunk of packTree(listTree(directory, '').filter(({ path }) => path !== ''))) chunks.push(chunk);
    return Buffer.concat(chunks);
  } finally {
    rmSync(directory, { recursive: true, force: true });
  }
}

/**
 * Changes with everything that goes into the image, the version of Node and the release of Debian included. Files of this
 * machine count by name, as they come with Node; those of a recipe with layers are ours and count by content.
 */
function recipeKey(recipe: Recipe): string {
  if (recipe.layers) {
    const all = [...recipe.layers, ...(recipe.entries ? [recipe.entries] : [])].map((entries) =>
      entries().map(content),
    );
    return shortHash([recipe, all, architecture, machineSuite(), process.version]);
  }
  const entries = recipe.entries?.().map((entry) => (entry.type === 'copy' ? { ...entry, from: undefined } : entry));
  return shortHash([recipe, entries, architecture, machineSuite(), process.version]);
}

/** An entry by what it puts into the image: the same wherever the checkout lies. */
function content(entry: Entry): object {
  if (entry.type !== 'copy') return entry;
  return { ...entry, from: createHash('sha256').update(readFileSync(entry.from)).digest('hex') };
}

function shortHash(parts: readonly unknown[]): string {
  return createHash('sha256').update(JSON.stringify(parts)).digest('hex').slice(0, 12);
}
