import { buildImage } from './build.js';
import { type ImagesConfig, readConfig } from './config.js';
import { postgres } from './postgres.js';
import { libraryRecipes, type Recipe } from './recipes.js';
import { pushImage } from './registry.js';
import { slipwayRecipes } from './slipway.js';

const usage = `usage: node infra/images/dist/cli.js publish [SET] [REPOSITORY]   builds what is not in the cache, pushes what the registry lacks
       node infra/images/dist/cli.js build [SET]                  builds only; answers the OCI layout of each image

SET is library (what builds start from; every start of the platform publishes it), slipway (api, worker and portal for the
Helm chart) or postgres. REPOSITORY is what stands before an image's name: library, or library/slipway for slipway.`;

interface ImageSet {
  readonly recipes: (config: ImagesConfig) => readonly Recipe[];
  readonly repository: string;
  /** `FROM node` means the newest, as it does elsewhere. */
  readonly hasLatest: boolean;
}

const sets: Readonly<Record<string, ImageSet>> = {
  library: {
    recipes: (config) => libraryRecipes(config.registryHostInCluster),
    repository: 'library',
    hasLatest: true,
  },
  slipway: { recipes: () => slipwayRecipes(), repository: 'library/slipway', hasLatest: false },
  postgres: { recipes: () => [postgres], repository: 'library', hasLatest: true },
};

async function publish(set: ImageSet, repository = set.repository): Promise<void> {
  const config = readConfig();
  const door = { url: config.registryUrl, keyFile: config.registryKeyFile };
  for (const recipe of set.recipes(config)) {
    const start = performance.now();
    const { layout, built } = await buildImage(recipe, config.cache);
    const image = `${repository}/${recipe.name}`;
    const result = await pushImage(door, image, recipe.tag, layout);
    if (set.hasLatest && recipe.tag !== 'latest') await pushImage(door, image, 'latest', layout);
    const seconds = Number(((performance.now() - start) / 1000).toFixed(1));
    log('info', { image: `${image}:${recipe.tag}`, built, result, seconds }, 'image is in the registry');
  }
}

async function build(set: ImageSet): Promise<void> {
  const config = readConfig();
  for (const recipe of set.recipes(config)) {
    const { layout, built } = await buildImage(recipe, config.cache);
    log('info', { image: `${recipe.name}:${recipe.tag}`, built, layout }, 'image is in the cache');
  }
}

function log(level: string, fields: object, msg: string): void {
  process.stdout.write(`${JSON.stringify({ level, time: new Date().toISOString(), ...fields, msg })}\n`);
}

const [command, name = 'library', repository] = process.argv.slice(2);
const set = sets[name];
try {
  if (!set || (command !== 'publish' && command !== 'build')) throw new Error(usage);
  await (command === 'publish' ? publish(set, repository) : build(set));
} catch (error) {
  log('error', { error: error instanceof Error ? error.message : String(error) }, 'images could not be prepared');
  process.exitCode = 1;
}
