import type { Store } from '../../store/index.js';
import { KindCatalog } from '../catalog.js';
import {
  certificateApprovalAdmission,
  certificateSigningAdmission,
  certificateSubjectAdmission,
  requesterAdmission,
} from '../certificates/admission.js';
import { policyAdmission } from '../policies/policies.js';
import { webhookAdmission } from '../webhooks/webhooks.js';
import type { AdmissionPlugin } from './admission.js';
import {
  defaultIngressClassAdmission,
  defaultStorageClassAdmission,
  runtimeClassAdmission,
} from './default-classes.js';
import { limitRangerAdmission } from './limit-ranger.js';
import { podSecurityDefaults } from './pod-security/defaults.js';
import { podSecurityAdmission } from './pod-security/pod-security.js';
import { priorityAdmission } from './priority.js';
import { nodeTaintAdmission, storageProtectionAdmission } from './protection.js';
import { quotaAdmission } from './quota/quota.js';
import { topologyLabelsAdmission } from './topology-labels.js';
import { volumeResizeAdmission } from './volume-resize.js';

/** The rules that need nothing but the store and the kinds, in upstream's order: quotas count what all others let pass. */
export function builtInAdmission(store: Store, catalog = new KindCatalog()): AdmissionPlugin[] {
  const hooks = webhookAdmission(store, catalog);
  const policies = policyAdmission(store, catalog, ({ context }, key, value) => context.audit?.annotate(key, value));
  return [
    limitRangerAdmission(store),
    nodeTaintAdmission,
    podSecurityDefaults(store),
    podSecurityAdmission(store),
    priorityAdmission(store),
    defaultStorageClassAdmission(store),
    storageProtectionAdmission,
    volumeResizeAdmission(store),
    runtimeClassAdmission(store),
    requesterAdmission,
    certificateApprovalAdmission(store),
    certificateSigningAdmission(store),
    certificateSubjectAdmission,
    defaultIngressClassAdmission(store),
    topologyLabelsAdmission(store),
    policies.definitions,
    policies.mutating,
    hooks.mutating,
    policies.reinvoking,
    policies.validating,
    hooks.validating,
    quotaAdmission(store),
  ];
}
