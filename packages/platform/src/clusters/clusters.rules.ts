import { labelPrefix, toSelector } from '../kernel/kubernetes/labels.js';

interface Owner {
  readonly tenant: string;
  readonly project?: string;
  readonly environment?: string;
}

/** Selects everything that belongs to a tenant, one of its projects, or one environment. */
export function toOwnerSelector({ tenant, project, environment }: Owner): string {
  return toSelector({
    [`${labelPrefix}tenant`]: tenant,
    ...(project === undefined ? {} : { [`${labelPrefix}project`]: project }),
    ...(environment === undefined ? {} : { [`${labelPrefix}environment`]: environment }),
  });
}
