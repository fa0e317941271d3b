// Owns: APIs that other servers answer for: the proxy to them and the identity it proves, whether they are available, what of
// discovery and OpenAPI is theirs, and the APIServices of what is served here.
// May run twice: each server checks for itself; they write the same. Never: keeps anything of a remote API but its description.
export * from './aggregation.js';
export { openFrontProxy } from './front-proxy.js';
