import enAccess from '../../messages/en/access.json';
import enAdmin from '../../messages/en/admin.json';
import enAdoptions from '../../messages/en/adoptions.json';
import enApplications from '../../messages/en/applications.json';
import enAudit from '../../messages/en/audit.json';
import enCommon from '../../messages/en/common.json';
import enDrift from '../../messages/en/drift.json';
import enFreezes from '../../messages/en/freezes.json';
import enIdentity from '../../messages/en/identity.json';
import enOnboarding from '../../messages/en/onboarding.json';
import enPlans from '../../messages/en/plans.json';
import enQuotas from '../../messages/en/quotas.json';
import enRequests from '../../messages/en/requests.json';
import enRollouts from '../../messages/en/rollouts.json';
import enSecurity from '../../messages/en/security.json';
import enStrategies from '../../messages/en/strategies.json';
import enTenancy from '../../messages/en/tenancy.json';
import enTenants from '../../messages/en/tenants.json';
import enTrains from '../../messages/en/trains.json';
import zhAccess from '../../messages/zh/access.json';
import zhAdmin from '../../messages/zh/admin.json';
import zhAdoptions from '../../messages/zh/adoptions.json';
import zhApplications from '../../messages/zh/applications.json';
import zhAudit from '../../messages/zh/audit.json';
import zhCommon from '../../messages/zh/common.json';
import zhDrift from '../../messages/zh/drift.json';
import zhFreezes from '../../messages/zh/freezes.json';
import zhIdentity from '../../messages/zh/identity.json';
import zhOnboarding from '../../messages/zh/onboarding.json';
import zhPlans from '../../messages/zh/plans.json';
import zhQuotas from '../../messages/zh/quotas.json';
import zhRequests from '../../messages/zh/requests.json';
import zhRollouts from '../../messages/zh/rollouts.json';
import zhSecurity from '../../messages/zh/security.json';
import zhStrategies from '../../messages/zh/strategies.json';
import zhTenancy from '../../messages/zh/tenancy.json';
import zhTenants from '../../messages/zh/tenants.json';
import zhTrains from '../../messages/zh/trains.json';
import type { Locale } from './preferences';

const en = {
  ...enCommon,
  ...enAccess,
  ...enTenancy,
  ...enTenants,
  ...enTrains,
  ...enApplications,
  ...enAdmin,
  ...enAdoptions,
  ...enAudit,
  ...enDrift,
  ...enFreezes,
  ...enIdentity,
  ...enOnboarding,
  ...enPlans,
  ...enQuotas,
  ...enRequests,
  ...enRollouts,
  ...enSecurity,
  ...enStrategies,
};

export type Messages = typeof en;

const messages: Record<Locale, Messages> = {
  en,
  zh: {
    ...zhCommon,
    ...zhAccess,
    ...zhTenancy,
    ...zhTenants,
    ...zhTrains,
    ...zhApplications,
    ...zhAdmin,
    ...zhAdoptions,
    ...zhAudit,
    ...zhDrift,
    ...zhFreezes,
    ...zhIdentity,
    ...zhOnboarding,
    ...zhPlans,
    ...zhQuotas,
    ...zhRequests,
    ...zhRollouts,
    ...zhSecurity,
    ...zhStrategies,
  },
};

export function messagesOf(locale: Locale): Messages {
  return messages[locale];
}
