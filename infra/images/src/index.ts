export { buildImage, pauseArchive } from './build.js';
export { libraryRecipes, type Recipe } from './recipes.js';
export { pushImage, type RegistryDoor } from './registry.js';
