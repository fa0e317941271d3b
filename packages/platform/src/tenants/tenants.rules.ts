/** Names that namespaces, image repositories and paths of the platform itself begin with. */
const reserved = new Set(['slipway', 'kube', 'default', 'library', 'system', 'admin', 'api']);

/** The identity group that a tenant's first members are put into. */
export const toGroupName = (tenant: string): string => `tenant-${tenant}`;

export const isReservedName = (name: string): boolean => reserved.has(name) || name.startsWith('kube-');
