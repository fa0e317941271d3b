// Owns: the pods bound to one node, from their objects to containers, volumes and logs, and the Node and its Lease.
// Every step may run twice: names are deterministic and what the runtime holds is observed, not remembered, so that
// containers survive a restart of the agent and of the runtime. Never binds a pod, and never talks to the store.
export { type NodeAgent, type NodeAgentOptions, readResolvConf, startNodeAgent } from './agent.js';
export type { NodeContext } from './context.js';
export { createCriRuntime } from './cri/cri-runtime.js';
export { createSimulatedRuntime, simulatedCapacity } from './cri/simulated-runtime.js';
export type { ContainerRuntime } from './cri/types.js';
