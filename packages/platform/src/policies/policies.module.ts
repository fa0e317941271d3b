import { Module } from '@nestjs/common';
import { AuditModule } from '../audit/audit.module.js';
import { ClustersModule } from '../clusters/clusters.module.js';
import { RegistryReader } from '../repositories/registry-reader.service.js';
import { AttachedReports } from './attached-reports.service.js';
import { AdmissionLabels, ApplyPoliciesProcessor, ClusterAdmission } from './cluster-admission.js';
import { ImageAdmission } from './image-admission.service.js';
import { ImageReportsController } from './image-reports.controller.js';
import { ImageReports } from './image-reports.service.js';
import { ImageSignatures } from './image-signatures.service.js';
import { OwnImages } from './own-images.service.js';
import { PoliciesController } from './policies.controller.js';
import { PolicyDryRun } from './policy-dry-run.service.js';
import { PolicySettings } from './policy-settings.service.js';
import { ReportNews } from './report-news.service.js';
import { TenantPoliciesController } from './tenant-policies.controller.js';

@Module({
  imports: [AuditModule, ClustersModule],
  controllers: [ImageReportsController, PoliciesController, TenantPoliciesController],
  providers: [
    AdmissionLabels,
    ApplyPoliciesProcessor,
    AttachedReports,
    ClusterAdmission,
    ImageAdmission,
    ImageReports,
    ImageSignatures,
    OwnImages,
    PolicyDryRun,
    PolicySettings,
    RegistryReader,
    ReportNews,
  ],
  exports: [ImageAdmission],
})
export class PoliciesModule {}
