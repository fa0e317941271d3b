import { Module } from '@nestjs/common';
import { ApplicationsModule } from '../applications/applications.module.js';
import { AuditModule } from '../audit/audit.module.js';
import { EnvironmentsModule } from '../environments/environments.module.js';
import { ProjectsModule } from '../projects/projects.module.js';
import { PromotionsModule } from '../promotions/promotions.module.js';
import { RolloutsModule } from '../rollouts/rollouts.module.js';
import { AdvanceTrainProcessor } from './advance-train.jobs.js';
import { TrainCars } from './train-cars.service.js';
import { TrainSteps } from './train-steps.service.js';
import { TrainsController } from './trains.controller.js';
import { TrainsService } from './trains.service.js';

@Module({
  imports: [ApplicationsModule, AuditModule, EnvironmentsModule, ProjectsModule, PromotionsModule, RolloutsModule],
  controllers: [TrainsController],
  providers: [AdvanceTrainProcessor, TrainCars, TrainSteps, TrainsService],
})
export class TrainsModule {}
