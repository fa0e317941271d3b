// Owns: Kubernetes' expression language: parsing, types, costs, evaluation and its libraries.
// May run twice: all of it; a program has no state. Never: does I/O, knows HTTP or the store, throws anything but CelError
// while it evaluates or works past its cost limit.
export * from './compile.js';
export { type CelEnvironment, celEnvironment, type EnvironmentParts } from './environment.js';
export { CelCompileError, CelCostError, CelError, type CelIssue } from './error.js';
export {
  type Authorize,
  type AuthorizerAnswer,
  type AuthorizerQuestion,
  AuthorizerValue,
  noTarget,
  ResourceCheck,
} from './library/authorizer.js';
export { escapeName, typeOfSchema } from './schema-type.js';
export { type CelType, formatType, listOf, mapOf, type ObjectType, objectType, opaque, types } from './type.js';
export {
  CelDuration,
  CelList,
  CelMap,
  CelOptional,
  CelTimestamp,
  type CelValue,
  fromJson,
  LazyObject,
  StructValue,
  toJson,
} from './value.js';
