import { Module } from '@nestjs/common';
import { AuditModule } from '../audit/audit.module.js';
import { EnvironmentProvisionerModule } from '../environments/environment-provisioner.module.js';
import { OwnImages } from '../policies/own-images.service.js';
import { ProjectsModule } from '../projects/projects.module.js';
import { RegistryReader } from '../repositories/registry-reader.service.js';
import { ImageUsers } from './image-users.service.js';
import { NamespacePodSecurity } from './namespace-pod-security.js';
import { PodSecurityController } from './pod-security.controller.js';
import { PodSecurityService } from './pod-security.service.js';
import { PodSecurityRequests } from './pod-security-requests.js';

/** For the api, and for the worker, where the part runs and grants run out. */
@Module({
  imports: [AuditModule, EnvironmentProvisionerModule, ProjectsModule],
  controllers: [PodSecurityController],
  providers: [ImageUsers, NamespacePodSecurity, OwnImages, PodSecurityRequests, PodSecurityService, RegistryReader],
})
export class PodSecurityModule {}
