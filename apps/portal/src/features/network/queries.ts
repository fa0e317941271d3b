import { queryOptions } from '@tanstack/react-query';
import { browserApi, unwrap } from '@/lib/api';
import type { ProjectNetwork } from '@/lib/contract';
import type { ProjectRef } from '@/lib/paths';

const path = '/api/v1/tenants/{tenant}/projects/{project}/network';

export const projectNetworkQuery = ({ tenant, project }: ProjectRef) =>
  queryOptions({
    queryKey: ['t', tenant, 'p', project, 'network'],
    queryFn: ({ signal }) => unwrap(browserApi.GET(path, { params: { path: { tenant, project } }, signal })),
    retry: false,
  });

/** `isDry`: answers what would be, and changes nothing. */
export const putProjectNetwork = ({ tenant, project }: ProjectRef, mode: ProjectNetwork['mode'], isDry: boolean) =>
  unwrap(
    browserApi.PUT(path, {
      params: { path: { tenant, project }, query: { dryRun: isDry ? 'true' : 'false' } },
      body: { mode },
    }),
  );
