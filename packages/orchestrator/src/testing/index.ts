// Owns: clusters for tests: an API server in this process on a database of its own. May run twice, side by side.
// Never: used by what runs in production.

export * from './child-processes.js';
export * from './kubectl.js';
export { startPolicyBench } from './policy-bench.js';
export * from './raw-connection.js';
export * from './test-cluster.js';
