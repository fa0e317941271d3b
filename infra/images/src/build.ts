import { createHash } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { addLayer, architecture, createLayout, hasImage, type Layer, writeImage } from './oci.js';
import { pause, type Recipe } from './recipes.js';
import { machineSuite, withRootfs } from './rootfs.js';
import { listTree, packTree } from './tree.js';

/** Builds a recipe into an OCI image layout in the cache, or finds it there. Answers the layout's directory. */
export async function buildImage(recipe: Recipe, cache: string): Promise<{ layout: string; built: boolean }> {
  const layout = join(cache, `${recipe.name}-${recipe.tag}-${recipeKey(recipe)}`);
  if (hasImage(layout)) return { layout, built: false };
  await createLayout(layout, async (directory) => {
    const layers: Layer[] = [];
    const { packages, customize } = recipe;
    if (packages) layers.push(await withRootfs({ packages, customize }, (tar) => addLayer(directory, tar)));
    if (recipe.entries) layers.push(await addLayer(directory, packTree(recipe.entries())));
    writeImage(directory, `${recipe.name}:${recipe.tag}`, layers, recipe.config);
  });
  return { layout, built: true };
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

/** Changes with everything that goes into the image, the version of Node and the release of Debian included. */
function recipeKey(recipe: Recipe): string {
  const entries = recipe.entries?.().map((entry) => (entry.type === 'copy' ? { ...entry, from: undefined } : entry));
  const parts = [recipe, entries, architecture, machineSuite(), process.version];
  return createHash('sha256').update(JSON.stringify(parts)).digest('hex').slice(0, 12);
}
