// Owns: everything a kind is, as data and pure functions: types, references, schemas, defaults, validation, printing.
// May run twice: all of it. Never: does I/O besides reading its own schema file once, knows how objects are stored or served.
export { type CertificateRequest, parseCertificateRequest } from './certificate-signing-request/request.js';
export * from './certificate-signing-request/signers.js';
export { customResourceDefinitionKind } from './custom-resource-definition/custom-resource-definition.kind.js';
export * from './decode.js';
export * from './definition.js';
export { kindDefinitions } from './definitions.js';
export * from './field-error.js';
export * from './json.js';
export * from './kind.js';
export * from './metadata.js';
export { podReason } from './pod/pod.columns.js';
export { qosClassOf } from './pod/pod.defaults.js';
export { podSecurityHelpAnnotation, runAsUserAnnotation } from './pod/run-as-user.js';
export { systemPriorities } from './priority-class/priority-class.kind.js';
export * from './quantity.js';
export * from './refs.js';
export { allDefinitions, Schema, schemaOf } from './schema.js';
export * from './selectors.js';
export type * from './types.js';
export * from './validate-schema.js';
