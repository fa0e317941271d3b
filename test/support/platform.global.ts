import type { TestProject } from 'vitest/node';
import { providePlatform } from './start-platform.js';

/** The platform on its embedded defaults; `SLIPWAY_E2E_HOME` names a running one. */
export default function platform(project: TestProject): Promise<() => Promise<void>> {
  return providePlatform(project, { name: 'e2e', given: process.env['SLIPWAY_E2E_HOME'], portBase: 21_000 });
}
