import type { NotificationData, NotificationType } from './notifications.dto.js';

type Text = (data: NotificationData) => string;

const subjects: Readonly<Record<NotificationType, Readonly<Record<'en' | 'zh', Text>>>> = {
  'request-asked': {
    en: ({ requester, title }) => `${requester} asks for your approval: ${title}`,
    zh: ({ requester, title }) => `${requester} 请您审批：${title}`,
  },
  'request-approved': {
    en: ({ title }) => `Approved: ${title}`,
    zh: ({ title }) => `已批准：${title}`,
  },
  'request-rejected': {
    en: ({ title }) => `Rejected: ${title}`,
    zh: ({ title }) => `已拒绝：${title}`,
  },
  'request-expired': {
    en: ({ title }) => `Expired without a decision: ${title}`,
    zh: ({ title }) => `逾期未处理：${title}`,
  },
  'request-ended': {
    en: ({ title }) => `Your grant has ended: ${title}`,
    zh: ({ title }) => `授权已结束：${title}`,
  },
  'request-review': {
    en: ({ requester, title }) => `${requester} has broken the glass, please review: ${title}`,
    zh: ({ requester, title }) => `${requester} 使用了紧急授权，请复核：${title}`,
  },
};

/** A notification as a mail, in the receiver's language. */
export function toMailText(type: NotificationType, data: NotificationData, locale: 'en' | 'zh') {
  const subject = subjects[type][locale](data);
  const reason = locale === 'zh' ? `理由：${data.reason}` : `Reason: ${data.reason}`;
  const tenant = data.tenant === null ? [] : [locale === 'zh' ? `租户：${data.tenant}` : `Tenant: ${data.tenant}`];
  return {
    subject,
    paragraphs: [`${subject}`, ...tenant, reason],
    label: locale === 'zh' ? '在 Slipway 中打开' : 'Open in Slipway',
  };
}
