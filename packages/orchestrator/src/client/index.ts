// Owns: speaking the Kubernetes API over HTTP. Any number of clients may run at once; a change is sent at most once. Never
// retries a change, keeps no copy of the cluster's objects, and knows no kind but by its ResourceType.
export * from './client.js';
export type * from './connection.js';
export { joinStreams } from './join-streams.js';
export * from './kube-error.js';
export * from './kubeconfig.js';
export * from './paths.js';
export { readLines } from './watch.js';
