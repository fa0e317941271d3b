import { Module } from '@nestjs/common';
import { ApplicationsModule } from '../applications/applications.module.js';
import { AuditModule } from '../audit/audit.module.js';
import { ReleasesModule } from '../releases/releases.module.js';
import { RequestsModule } from '../requests/requests.module.js';
import { RolloutsModule } from '../rollouts/rollouts.module.js';
import { ConfigController } from './config.controller.js';
import { ConfigService } from './config.service.js';
import { RevealSecret } from './reveal-secret.service.js';

@Module({
  imports: [ApplicationsModule, AuditModule, ReleasesModule, RequestsModule, RolloutsModule],
  controllers: [ConfigController],
  providers: [ConfigService, RevealSecret],
})
export class ConfigModule {}
