// Owns: what connects pods to each other, to Services and to the world outside: the bridge, our nftables tables, the
// cluster's DNS, forwarders to services of the machine, and the gateway's configuration. Every write replaces a whole
// (a ruleset, a file, a map) and may be repeated. Never touches rules, routes or files that are not ours, and leaves the
// kernel's state in place when it stops.
export type { NetworkContext } from './context.js';
export { createHaproxy, type GatewayModel, type StartGatewayOptions, startGateway } from './gateway/index.js';
export { type HostService, parseHostServices } from './host-services.js';
export { type ClusterAddresses, clusterAddresses, type Network, type NetworkOptions, startNetwork } from './network.js';
