/** What other features ask of a release's content; pure, so that nothing needs to be injected. */
import {
  type PlacementScope,
  type Processes,
  type ReleaseHooks,
  readScaling,
} from '../applications/application-scopes.service.js';
import type { ReleaseModel } from '../kernel/database/index.js';
import type { ReleaseContent } from './releases.rules.js';

export { contentHash, type ReleaseContent } from './releases.rules.js';

/** The column of JSON holds what `releases.service` wrote. */
export const readContent = (value: unknown): ReleaseContent => value as ReleaseContent;

export const processesOf = (release: Pick<ReleaseModel, 'content'>): Processes =>
  readContent(release.content).processes as Processes;

export const hooksOf = (release: Pick<ReleaseModel, 'content'>): ReleaseHooks =>
  (readContent(release.content).hooks ?? {}) as ReleaseHooks;

/** The names of a place, as labels and plans have them. */
export const namesOf = (scope: PlacementScope) => ({
  tenant: scope.tenant.name,
  project: scope.project.name,
  environment: scope.environment.name,
  application: scope.application.name,
});

/** A release as it stands in a place, without its configuration. */
export const outlineOf = (scope: PlacementScope, release: ReleaseModel) => ({
  ...namesOf(scope),
  namespace: scope.environment.namespace,
  release: release.number,
  image: release.image,
  processes: processesOf(release),
  scaling: readScaling(scope.placement.scaling),
});
