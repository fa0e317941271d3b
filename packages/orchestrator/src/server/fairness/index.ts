// Owns: who may be answered now, who waits and who is sent away, by FlowSchemas and PriorityLevelConfigurations. May run twice:
// reading them, after any change. Never: does I/O, forgets a seat that was taken, lets one flow's requests go before all of
// another's.

export { defaultFlows, defaultLevels } from './default-flows.js';
export { createFairness, type Fairness, type Seat } from './fairness.js';
export { createFairnessMetrics } from './metrics.js';
