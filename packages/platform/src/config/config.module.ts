import { Module } from '@nestjs/common';
import { ApplicationsModule } from '../applications/applications.module.js';
import { AuditModule } from '../audit/audit.module.js';
import { ReleasesModule } from '../releases/releases.module.js';
import { RolloutsModule } from '../rollouts/rollouts.module.js';
import { ConfigController } from './config.controller.js';
import { ConfigService } from './config.service.js';

@Module({
  imports: [ApplicationsModule, AuditModule, ReleasesModule, RolloutsModule],
  controllers: [ConfigController],
  providers: [ConfigService],
})
export class ConfigModule {}
