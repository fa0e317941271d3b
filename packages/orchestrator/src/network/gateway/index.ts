// Owns: HAProxy's files and what it serves, and the status of GatewayClasses, Gateways, ListenerSets and HTTPRoutes of ours. May run
// twice: planning; applying is of one process (the files have one writer). Never starts or ends HAProxy, never drops a request.
export { type StartGatewayOptions, startGateway } from './controller.js';
export { createHaproxy } from './haproxy.js';
export type { GatewayModel } from './model.js';
