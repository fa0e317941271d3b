// Owns: everything a kind is, as data and pure functions. May be called any number of times. Never does I/O besides reading
// its own schema file once, and never knows how objects are stored or served.
export * from './kind.js';
export * from './refs.js';
export type * from './types.js';
