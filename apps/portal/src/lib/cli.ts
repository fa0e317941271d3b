import type { ApplicationRef } from './paths';

/** A command line of `slipway` with the place it acts on. */
export function toCli(command: string, place: Partial<ApplicationRef> = {}): string {
  const flags = [
    place.tenant && `-t ${place.tenant}`,
    place.project && `-p ${place.project}`,
    place.application && `-a ${place.application}`,
    place.environment && `-e ${place.environment}`,
  ];
  return ['slipway', command, ...flags].filter(Boolean).join(' ');
}

/** The application alone: builds and releases belong to no environment. */
export const toName = ({ tenant, project, application }: ApplicationRef): Omit<ApplicationRef, 'environment'> => ({
  tenant,
  project,
  application,
});
