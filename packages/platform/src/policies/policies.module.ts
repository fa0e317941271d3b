import { Module } from '@nestjs/common';
import { AuditModule } from '../audit/audit.module.js';
import { ClustersModule } from '../clusters/clusters.module.js';
import { RegistryReader } from '../repositories/registry-reader.service.js';
import { AdmissionLabels, ApplyPoliciesProcessor, ClusterAdmission } from './cluster-admission.js';
import { ImageAdmission } from './image-admission.service.js';
import { ImageSignatures } from './image-signatures.service.js';
import { PoliciesController } from './policies.controller.js';
import { PolicySettings } from './policy-settings.service.js';
import { TenantPoliciesController } from './tenant-policies.controller.js';

@Module({
  imports: [AuditModule, ClustersModule],
  controllers: [PoliciesController, TenantPoliciesController],
  providers: [
    AdmissionLabels,
    ApplyPoliciesProcessor,
    ClusterAdmission,
    ImageAdmission,
    ImageSignatures,
    PolicySettings,
    RegistryReader,
  ],
  exports: [ImageAdmission],
})
export class PoliciesModule {}
