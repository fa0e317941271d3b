// Owns: kinds that come as CustomResourceDefinitions: what such a definition may say, the kinds made of it, and the end of its
// objects with it. May run twice: all of it; the status of a definition is computed from the definitions alone.
// Never: keeps state beside the store, lets a schema in that it could not hold objects to.
export { installDefinitions } from './bundled/install.js';
export { startCustomResourceCleanup } from './cleanup.js';
export { customResources } from './custom-resources.js';
export { definitionAdmission, terminatingAdmission } from './definition-admission.js';
