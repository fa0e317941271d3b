import { Module } from '@nestjs/common';
import { ApplicationsModule } from '../applications/applications.module.js';
import { AuditModule } from '../audit/audit.module.js';
import { EnvironmentsModule } from '../environments/environments.module.js';
import { ProjectsModule } from '../projects/projects.module.js';
import { ReleasesModule } from '../releases/releases.module.js';
import { RequestsModule } from '../requests/requests.module.js';
import { RolloutsModule } from '../rollouts/rollouts.module.js';
import { ConfigController } from './config.controller.js';
import { ConfigService } from './config.service.js';
import { ConfigHistoryController } from './config-history.controller.js';
import { ConfigHistory } from './config-history.service.js';
import { ConfigNodes } from './config-nodes.service.js';
import { ConfigWritesModule } from './config-writes.module.js';
import { RevealSecret } from './reveal-secret.service.js';
import { scopeConfigControllers } from './scope-config.controller.js';
import { ScopeConfig } from './scope-config.service.js';

@Module({
  imports: [
    ApplicationsModule,
    AuditModule,
    ConfigWritesModule,
    EnvironmentsModule,
    ProjectsModule,
    ReleasesModule,
    RequestsModule,
    RolloutsModule,
  ],
  controllers: [ConfigController, ConfigHistoryController, ...scopeConfigControllers],
  providers: [ConfigHistory, ConfigNodes, ConfigService, RevealSecret, ScopeConfig],
})
export class ConfigModule {}
