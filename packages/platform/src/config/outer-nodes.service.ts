/** The scopes outside an application, made of rows that the caller has; pure, so that a new project needs no other feature for it. */
import type { ConfigNode } from './config-nodes.service.js';
import type { ConfigScope } from './effective.rules.js';

export interface Named {
  readonly id: string;
  readonly name: string;
}

export const ownerOf = (scope: ConfigScope, { id, name }: Named): ConfigNode['owners'][number] => ({
  scope,
  ownerId: id,
  name,
});

/** The tenant's node, or with a project its node, or with an environment of it that one's. */
export function outerNodeOf({ id, name }: Named, project?: Named, environment?: Named): ConfigNode {
  const tenant = { id, name };
  const ofTenant = ownerOf('tenant', tenant);
  if (!project) return { ...ofTenant, tenant, owners: [ofTenant], path: '' };
  const ofProject = ownerOf('project', project);
  const path = `projects/${project.name}`;
  const common = { tenant, projectId: project.id };
  if (!environment) return { ...ofProject, ...common, owners: [ofTenant, ofProject], path };
  const own = ownerOf('environment', environment);
  return { ...own, ...common, owners: [ofTenant, ofProject, own], path: `${path}/environments/${environment.name}` };
}
