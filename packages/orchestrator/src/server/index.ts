// Owns: the Kubernetes API over HTTPS: who asks (certificates, tokens), whether they may (RBAC), what it does to the store by
// each kind's own rules, and the streams to the nodes. May run twice: starting (what a cluster has from its first minute is
// made only where it is missing); two servers on one database take turns. Never: decides what should run, keeps state
// beside the store, answers before the store has committed.
export { firstServiceAddress } from './addresses.js';
export { type ApiServer, type ApiServerOptions, type ServerLog, startApiServer } from './api-server.js';
export type { AuditOptions } from './audit/index.js';
export type { OidcOptions } from './authentication/oidc.js';
export { type CertificateAuthority, type CertificateRequest, type KeyPair, openCertificateAuthority } from './pki.js';
