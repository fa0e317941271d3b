import { queryOptions } from '@tanstack/react-query';
import { browserApi, idempotencyKey, unwrap } from '@/lib/api';
import type { PodSecurity } from '@/lib/contract';
import type { ProjectRef } from '@/lib/paths';

const path = '/api/v1/tenants/{tenant}/projects/{project}/pod-security';

export const podSecurityQuery = ({ tenant, project }: ProjectRef) =>
  queryOptions({
    queryKey: ['t', tenant, 'p', project, 'pod-security'],
    queryFn: ({ signal }) => unwrap(browserApi.GET(path, { params: { path: { tenant, project } }, signal })),
    retry: false,
  });

export const putPodSecurity = ({ tenant, project }: ProjectRef, level: PodSecurity['level']) =>
  unwrap(browserApi.PUT(path, { params: { path: { tenant, project } }, body: { level } }));

/** For whom may not lower it: those who may are asked. */
export const askForBaseline = ({ tenant, project }: ProjectRef, reason: string) =>
  unwrap(
    browserApi.POST('/api/v1/requests', {
      body: { kind: 'pod-security', payload: { tenant, project, level: 'baseline' }, reason, breakGlass: false },
      headers: idempotencyKey(),
    }),
  );
