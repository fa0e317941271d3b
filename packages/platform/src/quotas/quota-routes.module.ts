import { Module } from '@nestjs/common';
import { AuditModule } from '../audit/audit.module.js';
import { ClustersModule } from '../clusters/clusters.module.js';
import { EnvironmentProvisionerModule } from '../environments/environment-provisioner.module.js';
import { EnvironmentsModule } from '../environments/environments.module.js';
import { ProjectsModule } from '../projects/projects.module.js';
import { NamespaceQuotaPart } from './namespace-quota.part.js';
import { PlacementClaims } from './placement-claims.service.js';
import { QuotaGrants } from './quota-grants.service.js';
import { QuotaPoolsController } from './quota-pools.controller.js';
import { QuotaPools } from './quota-pools.service.js';
import { QuotaQueueController } from './quota-queue.controller.js';
import { QuotaQueueViews } from './quota-queue-views.service.js';
import { QuotaRepair } from './quota-repair.service.js';
import { QuotaRequests } from './quota-requests.js';
import { QuotaScopes } from './quota-scopes.service.js';
import { QuotaSettings } from './quota-settings.service.js';
import { QuotaTreeController } from './quota-tree.controller.js';
import { QuotaTree } from './quota-tree.service.js';
import { QuotaViews } from './quota-views.service.js';
import { QuotasController } from './quotas.controller.js';
import { QuotasModule } from './quotas.module.js';

/** What people see of quotas and ask about them, and what stands of them in namespaces: for the api and the worker. */
@Module({
  imports: [
    AuditModule,
    ClustersModule,
    EnvironmentProvisionerModule,
    EnvironmentsModule,
    ProjectsModule,
    QuotasModule,
  ],
  controllers: [QuotasController, QuotaPoolsController, QuotaQueueController, QuotaTreeController],
  providers: [
    NamespaceQuotaPart,
    PlacementClaims,
    QuotaGrants,
    QuotaPools,
    QuotaQueueViews,
    QuotaRepair,
    QuotaRequests,
    QuotaScopes,
    QuotaSettings,
    QuotaTree,
    QuotaViews,
  ],
  exports: [QuotaGrants, QuotaPools, QuotaRepair],
})
export class QuotaRoutesModule {}
