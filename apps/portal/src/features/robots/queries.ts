import { queryOptions } from '@tanstack/react-query';
import { browserApi, idempotencyKey, unwrap } from '@/lib/api';

const ofTenant = '/api/v1/tenants/{tenant}/robots';
const ofProject = '/api/v1/tenants/{tenant}/projects/{project}/robots';

/** Robots of a project, or without one of the whole tenant. */
export interface RobotPlace {
  readonly tenant: string;
  readonly project: string | undefined;
}

export interface NewRobot {
  readonly name: string;
  readonly scopes: string[];
  readonly ranges: string[];
  readonly expiresInDays?: number;
}

const query = { limit: 500 };

export const robotsQuery = ({ tenant, project }: RobotPlace) =>
  queryOptions({
    queryKey: ['t', tenant, 'robots', project ?? ''],
    queryFn: async ({ signal }) => {
      const page =
        project === undefined
          ? await unwrap(browserApi.GET(ofTenant, { params: { path: { tenant }, query }, signal }))
          : await unwrap(browserApi.GET(ofProject, { params: { path: { tenant, project }, query }, signal }));
      return page.items;
    },
  });

/** The answer holds the token itself, this once. */
export const createRobot = ({ tenant, project }: RobotPlace, body: NewRobot) => {
  const headers = idempotencyKey();
  return project === undefined
    ? unwrap(browserApi.POST(ofTenant, { params: { path: { tenant } }, body, headers }))
    : unwrap(browserApi.POST(ofProject, { params: { path: { tenant, project } }, body, headers }));
};

export const rotateRobot = ({ tenant, project }: RobotPlace, robot: string) => {
  const rest = { body: {}, headers: idempotencyKey() };
  return project === undefined
    ? unwrap(browserApi.POST(`${ofTenant}/{robot}/rotate`, { params: { path: { tenant, robot } }, ...rest }))
    : unwrap(browserApi.POST(`${ofProject}/{robot}/rotate`, { params: { path: { tenant, project, robot } }, ...rest }));
};

export const disableRobot = ({ tenant, project }: RobotPlace, robot: string, isDisabled: boolean) => {
  const body = { isDisabled };
  return project === undefined
    ? unwrap(browserApi.PATCH(`${ofTenant}/{robot}`, { params: { path: { tenant, robot } }, body }))
    : unwrap(browserApi.PATCH(`${ofProject}/{robot}`, { params: { path: { tenant, project, robot } }, body }));
};

export const deleteRobot = ({ tenant, project }: RobotPlace, robot: string) =>
  project === undefined
    ? unwrap(browserApi.DELETE(`${ofTenant}/{robot}`, { params: { path: { tenant, robot } } }))
    : unwrap(browserApi.DELETE(`${ofProject}/{robot}`, { params: { path: { tenant, project, robot } } }));
