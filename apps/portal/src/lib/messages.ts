import enAccess from '../../messages/en/access.json';
import enAdmin from '../../messages/en/admin.json';
import enAdoptions from '../../messages/en/adoptions.json';
import enApplications from '../../messages/en/applications.json';
import enCommon from '../../messages/en/common.json';
import enIdentity from '../../messages/en/identity.json';
import enOnboarding from '../../messages/en/onboarding.json';
import enQuotas from '../../messages/en/quotas.json';
import enRequests from '../../messages/en/requests.json';
import enSecurity from '../../messages/en/security.json';
import enTenants from '../../messages/en/tenants.json';
import zhAccess from '../../messages/zh/access.json';
import zhAdmin from '../../messages/zh/admin.json';
import zhAdoptions from '../../messages/zh/adoptions.json';
import zhApplications from '../../messages/zh/applications.json';
import zhCommon from '../../messages/zh/common.json';
import zhIdentity from '../../messages/zh/identity.json';
import zhOnboarding from '../../messages/zh/onboarding.json';
import zhQuotas from '../../messages/zh/quotas.json';
import zhRequests from '../../messages/zh/requests.json';
import zhSecurity from '../../messages/zh/security.json';
import zhTenants from '../../messages/zh/tenants.json';
import type { Locale } from './preferences';

const en = {
  ...enCommon,
  ...enAccess,
  ...enTenants,
  ...enApplications,
  ...enAdmin,
  ...enAdoptions,
  ...enIdentity,
  ...enOnboarding,
  ...enQuotas,
  ...enRequests,
  ...enSecurity,
};

export type Messages = typeof en;

const messages: Record<Locale, Messages> = {
  en,
  zh: {
    ...zhCommon,
    ...zhAccess,
    ...zhTenants,
    ...zhApplications,
    ...zhAdmin,
    ...zhAdoptions,
    ...zhIdentity,
    ...zhOnboarding,
    ...zhQuotas,
    ...zhRequests,
    ...zhSecurity,
  },
};

export function messagesOf(locale: Locale): Messages {
  return messages[locale];
}
