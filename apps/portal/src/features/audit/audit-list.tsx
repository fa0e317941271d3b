'use client';
import { useTranslations } from 'next-intl';
import type { AuditEvent } from '@/lib/contract';
import { Time } from '@/ui/time';

/** Who did what when, in one line each. */
export function AuditList({ events }: { events: readonly AuditEvent[] }) {
  const t = useTranslations('audit');
  if (events.length === 0) return <p className="muted pad">{t('none')}</p>;
  return (
    <ul className="rows">
      {events.map((event) => (
        <li key={event.id} className="audit-row">
          <span className="audit-what">
            <strong>{event.actor || t('system')}</strong> <code>{event.action}</code>{' '}
            <span className="muted">{event.resource}</span>
          </span>
          <span className="muted">
            <Time at={event.at} />
          </span>
        </li>
      ))}
    </ul>
  );
}
