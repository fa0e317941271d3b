import { type DynamicModule, Module } from '@nestjs/common';
import { AccessModule } from '@slipway/platform/access/access.module';
import { AdoptionsModule } from '@slipway/platform/adoptions/adoptions.module';
import { ApplicationsModule } from '@slipway/platform/applications/applications.module';
import { AuditModule } from '@slipway/platform/audit/audit.module';
import { ProjectBlueprintsModule } from '@slipway/platform/blueprints/project-blueprints.module';
import { BuildsModule } from '@slipway/platform/builds/builds.module';
import { ClustersModule } from '@slipway/platform/clusters/clusters.module';
import { KubernetesModule } from '@slipway/platform/clusters/kubernetes.module';
import { ConfigModule } from '@slipway/platform/config/config.module';
import { DomainsModule } from '@slipway/platform/domains/domains.module';
import { DriftModule } from '@slipway/platform/drift/drift.module';
import { EnvironmentsModule } from '@slipway/platform/environments/environments.module';
import { EventsModule } from '@slipway/platform/events/events.module';
import { FreezesModule } from '@slipway/platform/freezes/freezes.module';
import { IdentityModule } from '@slipway/platform/identity/identity.module';
import { InvitationsModule } from '@slipway/platform/invitations/invitations.module';
import type { Configuration } from '@slipway/platform/kernel/config/config';
import { createKernelModule } from '@slipway/platform/kernel/kernel.module';
import { KeysModule } from '@slipway/platform/keys/keys.module';
import { NetworkPoliciesModule } from '@slipway/platform/network-policies/network-policies.module';
import { OnboardingModule } from '@slipway/platform/onboarding/onboarding.module';
import { OperationsModule } from '@slipway/platform/operations/operations.module';
import { PodSecurityModule } from '@slipway/platform/pod-security/pod-security.module';
import { PodsModule } from '@slipway/platform/pods/pods.module';
import { ProjectsModule } from '@slipway/platform/projects/projects.module';
import { PromotionsModule } from '@slipway/platform/promotions/promotions.module';
import { QuotaRoutesModule } from '@slipway/platform/quotas/quota-routes.module';
import { ReleasesModule } from '@slipway/platform/releases/releases.module';
import { RepositoriesModule } from '@slipway/platform/repositories/repositories.module';
import { RequestsModule } from '@slipway/platform/requests/requests.module';
import { RolloutsModule } from '@slipway/platform/rollouts/rollouts.module';
import { SourcesModule } from '@slipway/platform/sources/sources.module';
import { TenantsModule } from '@slipway/platform/tenants/tenants.module';
import { TrainsModule } from '@slipway/platform/trains/trains.module';

/** The table of contents of HTTP features. */
const features = [
  KeysModule,
  NetworkPoliciesModule,
  PodSecurityModule,
  OnboardingModule,
  InvitationsModule,
  RequestsModule,
  AdoptionsModule,
  AccessModule,
  SourcesModule,
  QuotaRoutesModule,
  RolloutsModule,
  RepositoriesModule,
  ReleasesModule,
  PodsModule,
  DomainsModule,
  DriftModule,
  ConfigModule,
  BuildsModule,
  ApplicationsModule,
  AuditModule,
  ClustersModule,
  EnvironmentsModule,
  EventsModule,
  FreezesModule,
  IdentityModule,
  KubernetesModule,
  OperationsModule,
  ProjectBlueprintsModule,
  ProjectsModule,
  PromotionsModule,
  TenantsModule,
  TrainsModule,
];

@Module({})
class ApiModule {}

export function createApiModule(config: Configuration): DynamicModule {
  return { module: ApiModule, imports: [createKernelModule(config), ...features] };
}
