import { buildImage } from './build.js';
import { loadConfig } from './config.js';
import { libraryRecipes } from './recipes.js';
import { pushImage } from './registry.js';

/** `publish`: builds the library's images that are not in the cache and pushes those that the registry lacks. */
async function publish(): Promise<void> {
  const config = loadConfig();
  const door = { url: config.registryUrl, keyFile: config.registryKeyFile };
  for (const recipe of libraryRecipes(config.registryHostInCluster)) {
    const start = performance.now();
    const { layout, built } = await buildImage(recipe, config.cache);
    const result = await pushImage(door, `library/${recipe.name}`, recipe.tag, layout);
    // `FROM node` means the newest, as it does elsewhere.
    if (recipe.tag !== 'latest') await pushImage(door, `library/${recipe.name}`, 'latest', layout);
    const seconds = Number(((performance.now() - start) / 1000).toFixed(1));
    log('info', { image: `library/${recipe.name}:${recipe.tag}`, built, result, seconds }, 'image is in the registry');
  }
}

function log(level: string, fields: object, msg: string): void {
  process.stdout.write(`${JSON.stringify({ level, time: new Date().toISOString(), ...fields, msg })}\n`);
}

const [command] = process.argv.slice(2);
try {
  if (command !== 'publish') throw new Error('usage: node infra/images/dist/cli.js publish');
  await publish();
} catch (error) {
  log('error', { error: error instanceof Error ? error.message : String(error) }, 'images could not be prepared');
  process.exitCode = 1;
}
