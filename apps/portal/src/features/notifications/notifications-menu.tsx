'use client';
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import Link from 'next/link';
import { useTranslations } from 'next-intl';
import { useCallback, useEffect, useState } from 'react';
import { useEventStream } from '@/lib/use-event-stream';
import { Icon } from '@/ui/icon';
import { Menu } from '@/ui/menu';
import { Time } from '@/ui/time';
import { notificationsQuery, readNotifications } from './queries';

/** What I should hear of. The stream that keeps it fresh keeps the lists of requests fresh too. */
export function NotificationsMenu() {
  const t = useTranslations('notifications');
  const client = useQueryClient();
  const { items = [], unreadCount = 0 } = useQuery(notificationsQuery()).data ?? {};
  const refresh = useCallback(() => {
    void client.invalidateQueries({ queryKey: ['requests'] });
    void client.invalidateQueries({ queryKey: ['me', 'notifications'] });
  }, [client]);
  const isSeen = useIsSeen();
  useEventStream(isSeen ? '/api/v1/me/events' : undefined, ['change'], refresh, refresh);
  const reading = useMutation({
    mutationFn: (ids?: string[]) => readNotifications(ids),
    onSuccess: () => client.invalidateQueries({ queryKey: ['me', 'notifications'] }),
  });
  const trigger = (
    <>
      <Icon name="bell" />
      {unreadCount > 0 && <span className="badge-count">{unreadCount}</span>}
    </>
  );
  return (
    <Menu label={t('label', { count: unreadCount })} trigger={trigger} align="right">
      {(close) => (
        <div className="jobs">
          <div className="menu-title">{t('title')}</div>
          {items.length === 0 && <p className="muted menu-note">{t('none')}</p>}
          {items.map(({ id, type, data, link, readAt, createdAt }) => (
            <Link
              key={id}
              href={link}
              className="menu-item"
              onClick={() => {
                close();
                if (!readAt) reading.mutate([id]);
              }}
            >
              <span className={readAt ? 'muted' : 'strong'}>
                {t(`types.${type}`, { title: data.title, requester: data.requester, reason: data.reason })}
              </span>
              <span className="muted">
                <Time at={createdAt} />
              </span>
            </Link>
          ))}
          {unreadCount > 0 && (
            <button type="button" className="menu-item" onClick={() => reading.mutate(undefined)}>
              {t('readAll')}
            </button>
          )}
          <Link href="/requests" className="menu-item menu-foot" onClick={close}>
            {t('myRequests')}
          </Link>
        </div>
      )}
    </Menu>
  );
}

/** Whether somebody looks at this tab. A browser has six connections to a host, and a stream holds one: tabs behind need none. */
function useIsSeen(): boolean {
  const [isSeen, setSeen] = useState(false);
  useEffect(() => {
    const look = () => setSeen(document.visibilityState === 'visible');
    look();
    document.addEventListener('visibilitychange', look);
    return () => document.removeEventListener('visibilitychange', look);
  }, []);
  return isSeen;
}
