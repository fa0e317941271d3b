/** Every address of the portal is made here. */
export interface ProjectRef {
  readonly tenant: string;
  readonly project: string;
}
export interface EnvironmentRef extends ProjectRef {
  readonly environment: string;
}
export interface ApplicationRef extends EnvironmentRef {
  readonly application: string;
}

export const applicationTabs = [
  'overview',
  'releases',
  'strategy',
  'builds',
  'logs',
  'config',
  'scaling',
  'domains',
  'settings',
] as const;
export type ApplicationTab = (typeof applicationTabs)[number];

export const toTenant = (tenant: string): string => `/t/${tenant}`;
export const toTenantPage = (
  tenant: string,
  page: 'applications' | 'new' | 'images' | 'access' | 'quota' | 'robots' | 'settings',
): string => `/t/${tenant}/${page}`;
/** Of a tenant or a project; with `ask` it asks for more of that resource, for an environment if one is named. */
export function toQuota({
  tenant,
  ...rest
}: {
  tenant: string;
  project?: string;
  environment?: string;
  ask?: string;
}): string {
  const query = new URLSearchParams(Object.entries(rest).filter(([, value]) => value !== undefined)).toString();
  return `${toTenantPage(tenant, 'quota')}${query ? `?${query}` : ''}`;
}
export const toTenantAudit = (tenant: string): string => `/t/${tenant}/audit`;
export const toFreezes = (tenant: string): string => `/t/${tenant}/freezes`;
export const toNewApplication = (tenant: string, project?: string): string =>
  `/t/${tenant}/new${project ? `?project=${project}` : ''}`;
export const toEnvironment = (ref: EnvironmentRef): string => `/t/${ref.tenant}/p/${ref.project}/e/${ref.environment}`;
export const toProject = (ref: ProjectRef): string => `/t/${ref.tenant}/p/${ref.project}`;
export const toApplication = (ref: ApplicationRef, tab: ApplicationTab = 'overview'): string =>
  `${toEnvironment(ref)}/a/${ref.application}${tab === 'overview' ? '' : `/${tab}`}`;
export const toProjectConfig = (ref: ProjectRef): string => `${toProject(ref)}/config`;
export const toTrains = (ref: ProjectRef): string => `${toProject(ref)}/trains`;
export const toTrain = (ref: ProjectRef, train: string): string => `${toTrains(ref)}/${train}`;
export const toDrift = (ref: ApplicationRef): string => `${toApplication(ref)}/drift`;
export const toRollout = (ref: ApplicationRef, id: string): string => `${toApplication(ref)}/rollouts/${id}`;
export const toBuild = (ref: ApplicationRef, number: number): string => `${toApplication(ref, 'builds')}/${number}`;

/** What an address names, for the top bar. */
export function parsePath(pathname: string): Partial<ApplicationRef> & { admin: boolean } {
  const match = /^\/t\/([^/]+)(?:\/p\/([^/]+)(?:\/e\/([^/]+)(?:\/a\/([^/]+))?)?)?/.exec(pathname);
  return {
    tenant: match?.[1],
    project: match?.[2],
    environment: match?.[3],
    application: match?.[4],
    admin: pathname === '/admin' || pathname.startsWith('/admin/'),
  };
}
