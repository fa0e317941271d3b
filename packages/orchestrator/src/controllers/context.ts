import type { Registry } from 'prom-client';
import type { KubeClient } from '../client/index.js';
import type { Clock, Informers, Logger } from '../runtime/index.js';

/** What the controllers are given by the process that runs them. */
export interface ControllersContext {
  readonly client: KubeClient;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly metrics: Registry;
  /** Shared with other parts of the process; made for the controllers alone where absent. */
  readonly informers?: Informers;
}

/** What each single controller is given. */
export type ControllerContext = Required<ControllersContext>;
