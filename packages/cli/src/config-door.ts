import { APP_ENVIRONMENT, type Api, PROJECT, read, readAll, TENANT, toDryRun } from './api.js';
import { followRollout } from './follow.js';
import type { Cli, CommonOptions } from './session.js';
import type { ReachedApplication } from './types.js';

export const configScopes = ['application', 'environment', 'project', 'tenant'] as const;

export interface ConfigOptions extends CommonOptions {
  readonly scope: (typeof configScopes)[number];
}

export interface ChangeOptions extends ConfigOptions {
  readonly apply?: boolean;
  readonly wait?: boolean;
  readonly dryRun?: boolean;
}

/** The three scopes around an application have the same routes; the names that one does not have are not filled in. */
const outer = {
  tenant: `${TENANT}/config`,
  project: `${PROJECT}/config`,
  environment: `${PROJECT}/environments/{environment}/config`,
} as const;
const own = `${APP_ENVIRONMENT}/config` as const;

export type ConfigDoor = Awaited<ReturnType<typeof openConfig>>;

/** The config of the scope that the options name. */
export async function openConfig(cli: Cli, options: ConfigOptions) {
  const session = await cli.open(options);
  const { api, out } = session;
  if (options.scope === 'application') return { out, ...ofApplication(cli, api, await session.environment()) };
  const place = { tenant: session.tenant, project: session.project, environment: session.projectEnvironment };
  return { out, ...ofScope(api, outer[options.scope] as typeof outer.tenant, await place[options.scope]()) };
}

type Finish = (options: ChangeOptions) => Promise<void>;
const nothingToFollow: Finish = () => Promise.resolve();

function ofApplication(cli: Cli, api: Api, path: Parameters<typeof followRollout>[2] & { environment: string }) {
  const params = { path };
  const queryOf = (options: ChangeOptions) =>
    ({ apply: options.apply === false ? 'false' : 'true', ...toDryRun(options) }) as const;
  const finish =
    (rollout: string | null): Finish =>
    async ({ apply, wait, dryRun }) => {
      if (dryRun) return;
      if (apply === false) cli.output({}).note('The next release takes the change.');
      else if (rollout && wait) await followRollout(api, cli.io, path, rollout);
    };
  return {
    get: () => read(api.GET(own, { params })),
    effective: () => read(api.GET(`${own}/effective`, { params })),
    async change(body: object, options: ChangeOptions) {
      const config = await read(api.PATCH(own, { params: { path, query: queryOf(options) }, body }));
      return { config, plan: config.plan, reaches: [] as ReachedApplication[], finish: finish(config.rollout) };
    },
    async import(body: { text: string; secrets?: string[] }, options: ChangeOptions) {
      const query = queryOf(options);
      const { names, config } = await read(api.POST(`${own}/import`, { params: { path, query }, body }));
      const { plan, rollout } = config;
      return { names, config, plan, reaches: [] as ReachedApplication[], finish: finish(rollout) };
    },
    versions: (limit: number) => readAll((query) => api.GET(`${own}/versions`, { params: { path, query } }), limit),
    async restore(version: number, options: ChangeOptions) {
      const query = queryOf(options);
      const config = await read(api.POST(`${own}/restore`, { params: { path, query }, body: { version } }));
      return { config, plan: config.plan, reaches: [] as ReachedApplication[], finish: finish(config.rollout) };
    },
  };
}

function ofScope(api: Api, at: typeof outer.tenant, path: { tenant: string }) {
  const params = { path };
  const paramsOf = ({ dryRun }: ChangeOptions) => ({
    path,
    query: dryRun ? ({ dryRun: 'true' } as const) : undefined,
  });
  return {
    get: () => read(api.GET(at, { params })),
    effective: () => read(api.GET(`${at}/effective`, { params })),
    async change(body: object, options: ChangeOptions) {
      const config = await read(api.PATCH(at, { params: paramsOf(options), body }));
      return { config, plan: undefined, reaches: config.reaches, finish: nothingToFollow };
    },
    async import(body: { text: string; secrets?: string[] }, options: ChangeOptions) {
      const { names, config } = await read(api.POST(`${at}/import`, { params: paramsOf(options), body }));
      return { names, config, plan: undefined, reaches: config.reaches, finish: nothingToFollow };
    },
    versions: (limit: number) => readAll((query) => api.GET(`${at}/versions`, { params: { path, query } }), limit),
    async restore(version: number, options: ChangeOptions) {
      const config = await read(api.POST(`${at}/restore`, { params: paramsOf(options), body: { version } }));
      return { config, plan: undefined, reaches: config.reaches, finish: nothingToFollow };
    },
  };
}
