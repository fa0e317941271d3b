import { Controller, Inject } from '@nestjs/common';
import { z } from 'zod';
import { projectsAllowed } from '../kernel/access/policy.js';
import { CONFIG, type Configuration } from '../kernel/config/config.js';
import { Database } from '../kernel/database/index.js';
import { From, Query, Route } from '../kernel/http/route.js';
import { nameSchema } from '../kernel/http/schemas.js';
import type { TenantCaller } from '../kernel/tenancy/caller.js';
import { embeddedCluster } from './clusters.service.js';
import { type Kubeconfig, kubeconfigAnswer, toKubeconfig } from './kubeconfig.rules.js';

const kubeconfigQuery = z.strictObject({
  project: nameSchema.optional().meta({ description: 'Only the environments of this project.' }),
});

@Controller()
export class KubeconfigController {
  constructor(
    private readonly database: Database,
    @Inject(CONFIG) private readonly config: Pick<Configuration, 'apiUrl'>,
  ) {}

  @Route({
    method: 'GET',
    path: '/tenants/:tenant/kubeconfig',
    permission: 'environments:read',
    narrows: true,
    tag: 'clusters',
    summary: 'Get a kubeconfig with a context for each environment that you may see',
    description: 'It holds no secret: kubectl gets a token of an hour from `slipway kubeconfig credential`.',
    query: kubeconfigQuery,
    answer: kubeconfigAnswer,
  })
  async get(@From() caller: TenantCaller, @Query() query: z.output<typeof kubeconfigQuery>): Promise<Kubeconfig> {
    const allowed = projectsAllowed(caller.actor, caller.tenant, 'environments:read');
    const rows = await this.database.read.environment.findMany({
      where: {
        tenantId: caller.tenant.id,
        cluster: embeddedCluster,
        projectId: allowed === 'all' ? undefined : { in: [...allowed] },
        project: query.project ? { name: query.project } : undefined,
      },
      select: { name: true, namespace: true, project: { select: { name: true } } },
      orderBy: [{ project: { name: 'asc' } }, { name: 'asc' }],
      take: 1000,
    });
    return toKubeconfig({
      apiUrl: this.config.apiUrl,
      cluster: embeddedCluster,
      tenant: caller.tenant.name,
      username: caller.actor.username,
      places: rows.map(({ name, namespace, project }) => ({ environment: name, namespace, project: project.name })),
    });
  }
}
