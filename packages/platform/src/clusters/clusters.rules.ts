const label = (key: string) => `slipway.dev/${key}`;

/** The label selector of everything that belongs to a tenant, one of its projects, or one environment. */
export function toSelector(owner: { tenant: string; project?: string; environment?: string }): string {
  return Object.entries({
    [label('tenant')]: owner.tenant,
    [label('project')]: owner.project,
    [label('environment')]: owner.environment,
  })
    .flatMap(([key, value]) => (value === undefined ? [] : [`${key}=${value}`]))
    .join(',');
}
