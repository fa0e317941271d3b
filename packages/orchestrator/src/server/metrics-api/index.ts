// Owns: metrics.k8s.io, from what the nodes' agents say of their containers' use; nothing of it is kept.
// May run twice: each server asks for itself. Never: writes objects.
export * from './collector.js';
export * from './resources.js';
