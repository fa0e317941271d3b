import { z } from 'zod';
import type { NotificationModel } from '../kernel/database/index.js';
import { pageOf, pageQuerySchema, timeSchema } from '../kernel/http/schemas.js';

export const notificationTypes = [
  'request-asked',
  'request-approved',
  'request-rejected',
  'request-expired',
  'request-ended',
  'request-review',
  'audit-alert',
  'rollout-paused',
  'rollout-healthy',
  'rollout-failed',
  'rollout-aborted',
  'drift-found',
  'certificate-expiring',
  'impersonated',
] as const;
const typeSchema = z.enum(notificationTypes);
export type NotificationType = z.output<typeof typeSchema>;

export const notificationData = z.object({
  title: z.string(),
  requester: z.string(),
  kind: z.string(),
  tenant: z.string().nullable(),
  reason: z.string(),
});
export type NotificationData = z.output<typeof notificationData>;

export const notificationsQuery = pageQuerySchema.extend({
  unread: z.enum(['true', 'false']).optional().meta({ description: '`true`: only what was not read.' }),
  type: typeSchema.optional().meta({ description: 'Only what is of this kind.' }),
});
export type NotificationsQuery = z.output<typeof notificationsQuery>;

export const notificationAnswer = z
  .object({
    id: z.string(),
    type: typeSchema,
    data: notificationData,
    link: z.string().meta({ description: 'The path in the portal.' }),
    readAt: timeSchema.nullable(),
    createdAt: timeSchema,
  })
  .meta({ id: 'Notification' });
type NotificationAnswer = z.output<typeof notificationAnswer>;
export const notificationPage = pageOf(notificationAnswer)
  .extend({ unreadCount: z.int() })
  .meta({ id: 'NotificationPage' });
export type NotificationPage = z.output<typeof notificationPage>;

export const readBody = z
  .strictObject({ ids: z.array(z.uuid()).max(500).optional() })
  .meta({ id: 'ReadNotifications', description: 'Without `ids`: all.' });
export type Read = z.output<typeof readBody>;

export function toNotificationAnswer(row: NotificationModel): NotificationAnswer {
  return {
    id: row.id,
    type: typeSchema.parse(row.type),
    data: notificationData.parse(row.data),
    link: row.link,
    readAt: row.readAt?.toISOString() ?? null,
    createdAt: row.createdAt.toISOString(),
  };
}
