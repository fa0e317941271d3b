import { Module } from '@nestjs/common';
import { ApplicationsModule } from '../applications/applications.module.js';
import { ClustersModule } from '../clusters/clusters.module.js';
import { LogsService } from './logs.service.js';
import { PodsController } from './pods.controller.js';
import { PodsService } from './pods.service.js';

@Module({
  imports: [ApplicationsModule, ClustersModule],
  controllers: [PodsController],
  providers: [PodsService, LogsService],
})
export class PodsModule {}
