import type { Registry } from 'prom-client';
import type { KubeClient } from '../client/index.js';
import type { Clock, Logger } from '../runtime/index.js';

export interface NetworkContext {
  readonly client: KubeClient;
  readonly clock: Clock;
  readonly log: Logger;
  readonly metrics: Registry;
}
