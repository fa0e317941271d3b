// Owns: what is noted of requests, in the form of audit.k8s.io/v1, and the file it is written to. May run twice: nothing.
// Never: holds a request up, keeps more than a bounded number of events, writes what a Secret or a token holds.

export { type AuditOptions, type Auditor, auditedNames, createAuditor, followAnswer, trailOf } from './auditor.js';
export { noted } from './decision.js';
export type { AuditTrail } from './trail.js';
