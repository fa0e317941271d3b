// Owns: keeping a copy of the cluster current and running reconcilers over it. A reconciler may run any number of times and
// in several processes (one leads, by a Lease); one key is never reconciled twice at once in a process. Never decides
// anything about a kind.
export * from './backoff.js';
export * from './clock.js';
export * from './context.js';
export * from './controller.js';
export * from './event-recorder.js';
export * from './informer.js';
export * from './informers.js';
export * from './keys.js';
export * from './label-selector.js';
export * from './leader-lease.js';
export * from './object-cache.js';
export * from './owners.js';
export * from './work-queue.js';
