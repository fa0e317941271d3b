import { type DynamicModule, Module } from '@nestjs/common';
import { AdoptionsModule } from '@slipway/platform/adoptions/adoptions.module';
import { ApplicationsModule } from '@slipway/platform/applications/applications.module';
import { AuditWorkerModule } from '@slipway/platform/audit/audit-worker.module';
import { BuildsModule } from '@slipway/platform/builds/builds.module';
import { DomainsWorkerModule } from '@slipway/platform/domains/domains-worker.module';
import { DriftWorkerModule } from '@slipway/platform/drift/drift-worker.module';
import { EnvironmentsModule } from '@slipway/platform/environments/environments.module';
import { IdentityWorkerModule } from '@slipway/platform/identity/identity-worker.module';
import type { Configuration } from '@slipway/platform/kernel/config/config';
import { createKernelModule } from '@slipway/platform/kernel/kernel.module';
import { KeysModule } from '@slipway/platform/keys/keys.module';
import { NetworkPoliciesModule } from '@slipway/platform/network-policies/network-policies.module';
import { OnboardingModule } from '@slipway/platform/onboarding/onboarding.module';
import { PodSecurityModule } from '@slipway/platform/pod-security/pod-security.module';
import { ProjectsModule } from '@slipway/platform/projects/projects.module';
import { QuotasWorkerModule } from '@slipway/platform/quotas/quotas-worker.module';
import { RequestsModule } from '@slipway/platform/requests/requests.module';
import { RolloutsModule } from '@slipway/platform/rollouts/rollouts.module';
import { TenantsModule } from '@slipway/platform/tenants/tenants.module';
import { TrainsModule } from '@slipway/platform/trains/trains.module';

/** The table of contents of queues: the features that have jobs. */
const features = [
  KeysModule,
  NetworkPoliciesModule,
  PodSecurityModule,
  OnboardingModule,
  RequestsModule,
  AuditWorkerModule,
  QuotasWorkerModule,
  RolloutsModule,
  BuildsModule,
  DomainsWorkerModule,
  DriftWorkerModule,
  AdoptionsModule,
  ApplicationsModule,
  EnvironmentsModule,
  IdentityWorkerModule,
  ProjectsModule,
  TenantsModule,
  TrainsModule,
];

@Module({})
class WorkerModule {}

export function createWorkerModule(config: Configuration): DynamicModule {
  return { module: WorkerModule, imports: [createKernelModule(config), ...features] };
}
