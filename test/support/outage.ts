import { inject } from 'vitest';
import { killOf, type Outage } from './platform-outage.js';

/** Ends a process of the platform under test as a crash does; the supervisor starts the next one. */
export const kill = (name: string): Promise<Outage> =>
  killOf({ home: inject('home'), apiUrl: inject('apiUrl'), portalUrl: inject('portalUrl') }, name);
