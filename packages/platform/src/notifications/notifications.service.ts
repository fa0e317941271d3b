import { Inject, Injectable } from '@nestjs/common';
import { Clock } from '../kernel/clock/clock.js';
import { CONFIG, type Configuration } from '../kernel/config/config.js';
import { Database, type Prisma, type Transaction } from '../kernel/database/index.js';
import { keyset, toPage } from '../kernel/http/page.js';
import { newId } from '../kernel/ids/ids.js';
import { Mail, toMailLocale } from '../kernel/mail/mail.js';
import type { Actor } from '../kernel/tenancy/caller.js';
import {
  type NotificationData,
  type NotificationPage,
  type NotificationsQuery,
  type NotificationType,
  type Read,
  toNotificationAnswer,
} from './notifications.dto.js';
import { toMailText } from './notifications.rules.js';

/** Whoever follows what concerns him listens here. */
export const newsChannel = 'slipway_news';

/** So many owners hear of one thing at most. */
const mostTold = 100;

/** What a user should hear of: in the portal's bell, and by mail where mail is set up. */
@Injectable()
export class NotificationsService {
  constructor(
    private readonly database: Database,
    private readonly mail: Mail,
    private readonly clock: Clock,
    @Inject(CONFIG) private readonly config: Pick<Configuration, 'portalUrl' | 'smtpUrl'>,
  ) {}

  /** Tells each of them once: who was told of this key already hears nothing. */
  async tell(
    tx: Transaction,
    userIds: readonly string[],
    news: {
      type: NotificationType;
      key: string;
      link: string;
      data: NotificationData;
      /** Default: both. */
      channels?: readonly ('bell' | 'mail')[];
    },
  ): Promise<void> {
    const told = await tx.notification.findMany({
      where: { key: news.key, userId: { in: [...userIds] } },
      select: { userId: true },
    });
    const fresh = userIds.filter((id) => !told.some(({ userId }) => userId === id));
    const users = await tx.user.findMany({
      where: { id: { in: fresh }, disabledAt: null },
      select: { id: true, email: true, locale: true },
    });
    const { type, key, link, data, channels = ['bell', 'mail'] } = news;
    if (channels.includes('bell'))
      await tx.notification.createMany({
        data: users.map(({ id }) => ({ id: newId(), userId: id, type, key, link, data })),
        skipDuplicates: true,
      });
    await tx.$executeRaw`SELECT pg_notify(${newsChannel}, '')`;
    if (!this.config.smtpUrl || !channels.includes('mail')) return;
    for (const { email, locale } of users) {
      if (!email) continue;
      const language = toMailLocale(locale);
      const { subject, paragraphs, label } = toMailText(type, data, language);
      const action = { label, url: `${this.config.portalUrl}${link}` };
      await this.mail.enqueue(tx, { to: email, locale: language, subject, paragraphs, action });
    }
  }

  /** The ids of a project's owners, whether they are it themselves or by a group; without the one of this name. */
  async listOwners(
    tx: Transaction,
    { tenantId, projectId, except }: { tenantId: string; projectId: string; except: string },
  ): Promise<readonly string[]> {
    const inForce = { OR: [{ expiresAt: null }, { expiresAt: { gt: this.clock.now() } }] };
    const place = { OR: [{ projectId: null }, { projectId }] };
    const bindings = await tx.roleBinding.findMany({
      where: { AND: [inForce, place], tenantId, role: 'owner' },
      select: { userId: true, groupId: true },
    });
    const users = bindings.flatMap(({ userId }) => userId ?? []);
    const groups = bindings.flatMap(({ groupId }) => groupId ?? []);
    const owners = await tx.user.findMany({
      where: {
        OR: [{ id: { in: users } }, { groups: { some: { groupId: { in: groups } } } }],
        username: { not: except },
      },
      select: { id: true },
      take: mostTold,
    });
    return owners.map(({ id }) => id);
  }

  /** Newest first. */
  async list(actor: Actor, query: NotificationsQuery): Promise<NotificationPage> {
    const { where, orderBy, take } = keyset<Prisma.NotificationWhereInput>(query, 'createdAt', {
      direction: 'desc',
      type: 'date',
    });
    const mine: Prisma.NotificationWhereInput = { userId: actor.kind === 'user' ? actor.id : undefined };
    if (actor.kind !== 'user') return { items: [], nextCursor: null, unreadCount: 0 };
    const [rows, unreadCount] = await Promise.all([
      this.database.read.notification.findMany({
        where: { AND: [where, mine], ...kindFilter(query) },
        orderBy,
        take,
      }),
      this.database.read.notification.count({ where: { ...mine, readAt: null } }),
    ]);
    const page = toPage(rows, query.limit, (row) => [row.createdAt, row.id], toNotificationAnswer);
    return { items: [...page.items], nextCursor: page.nextCursor, unreadCount };
  }

  async markRead(actor: Actor, { ids }: Read): Promise<void> {
    if (actor.kind !== 'user') return;
    await this.database.read.notification.updateMany({
      where: { userId: actor.id, readAt: null, id: ids ? { in: ids } : undefined },
      data: { readAt: this.clock.now() },
    });
  }

  /** Whether the actor was told anything since then. */
  async hasNews(actor: Actor, since: Date): Promise<boolean> {
    if (actor.kind !== 'user') return false;
    const row = await this.database.read.notification.findFirst({
      where: { userId: actor.id, createdAt: { gt: since } },
      select: { id: true },
    });
    return row !== null;
  }
}

function kindFilter({ unread, type }: NotificationsQuery): Prisma.NotificationWhereInput {
  if (unread === undefined) return { type };
  return { type, readAt: unread === 'true' ? null : { not: null } };
}
