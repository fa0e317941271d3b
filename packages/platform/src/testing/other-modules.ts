import { ApplicationsModule } from '../applications/applications.module.js';
import { ProjectBlueprintsModule } from '../blueprints/project-blueprints.module.js';
import { BuildsModule } from '../builds/builds.module.js';
import { KubernetesModule } from '../clusters/kubernetes.module.js';
import { ConfigModule } from '../config/config.module.js';
import { DomainsModule } from '../domains/domains.module.js';
import { DriftModule } from '../drift/drift.module.js';
import { FreezesModule } from '../freezes/freezes.module.js';
import { InvitationsModule } from '../invitations/invitations.module.js';
import { KeysModule } from '../keys/keys.module.js';
import { NetworkPoliciesModule } from '../network-policies/network-policies.module.js';
import { PodSecurityModule } from '../pod-security/pod-security.module.js';
import { PodsModule } from '../pods/pods.module.js';
import { PromotionsModule } from '../promotions/promotions.module.js';
import { QuotaRoutesModule } from '../quotas/quota-routes.module.js';
import { ReleasesModule } from '../releases/releases.module.js';
import { RepositoriesModule } from '../repositories/repositories.module.js';
import { RolloutsModule } from '../rollouts/rollouts.module.js';
import { SourcesModule } from '../sources/sources.module.js';
import { TrainsModule } from '../trains/trains.module.js';

/** With these, `startTestApi` has every route that there is. */
export const otherModules = [
  ApplicationsModule,
  BuildsModule,
  ProjectBlueprintsModule,
  KubernetesModule,
  ConfigModule,
  DomainsModule,
  DriftModule,
  FreezesModule,
  InvitationsModule,
  KeysModule,
  NetworkPoliciesModule,
  PodSecurityModule,
  PodsModule,
  PromotionsModule,
  QuotaRoutesModule,
  ReleasesModule,
  RepositoriesModule,
  RolloutsModule,
  SourcesModule,
  TrainsModule,
];
