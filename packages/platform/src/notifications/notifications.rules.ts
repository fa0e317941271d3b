import type { NotificationData, NotificationType } from './notifications.dto.js';

type Text = (data: NotificationData) => string;

const severities: Readonly<Record<string, string>> = { info: '提示', warning: '警告', critical: '严重' };

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
  'audit-alert': {
    en: ({ title, requester, kind }) => `Audit alert (${kind}): ${title}, by ${requester}`,
    zh: ({ title, requester, kind }) => `审计告警（${severities[kind] ?? kind}）：${title}，操作者 ${requester}`,
  },
  'rollout-paused': {
    en: ({ title }) => `A rollout waits for somebody to promote it: ${title}`,
    zh: ({ title }) => `发布正在等待人工推进：${title}`,
  },
  'rollout-healthy': {
    en: ({ title }) => `Rolled out and healthy: ${title}`,
    zh: ({ title }) => `发布完成，运行正常：${title}`,
  },
  'rollout-failed': {
    en: ({ title }) => `Rollout failed: ${title}`,
    zh: ({ title }) => `发布失败：${title}`,
  },
  'rollout-aborted': {
    en: ({ title, requester }) => `Rollout aborted by ${requester}: ${title}`,
    zh: ({ title, requester }) => `发布已被 ${requester} 中止：${title}`,
  },
  'drift-found': {
    en: ({ title }) => `Changed by hand in the cluster: ${title}`,
    zh: ({ title }) => `集群中的对象被手动修改：${title}`,
  },
  'certificate-expiring': {
    en: ({ title }) => `A certificate expires soon: ${title}`,
    zh: ({ title }) => `证书即将到期：${title}`,
  },
  impersonated: {
    en: ({ requester, title }) => `${requester} acts in your name (${title})`,
    zh: ({ requester, title }) => `${requester} 正以您的身份操作（${title}）`,
  },
};

const labels = { reason: { en: 'Reason: ', zh: '理由：' }, what: { en: 'What: ', zh: '内容：' } };

/** A notification as a mail, in the receiver's language. */
export function toMailText(type: NotificationType, data: NotificationData, locale: 'en' | 'zh') {
  const subject = subjects[type][locale](data);
  const isAlert = type === 'audit-alert';
  const reason = `${labels[isAlert ? 'what' : 'reason'][locale]}${data.reason}`;
  const tenant = data.tenant === null ? [] : [locale === 'zh' ? `租户：${data.tenant}` : `Tenant: ${data.tenant}`];
  return {
    subject,
    paragraphs: [`${subject}`, ...tenant, reason],
    label: locale === 'zh' ? '在 Slipway 中打开' : 'Open in Slipway',
  };
}
