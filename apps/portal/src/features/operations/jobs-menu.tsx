'use client';
import { useQuery } from '@tanstack/react-query';
import { useTranslations } from 'next-intl';
import { Icon } from '@/ui/icon';
import { Menu } from '@/ui/menu';
import { StatusBadge } from '@/ui/status';
import { Time } from '@/ui/time';
import { isRunningOperation, operationsQuery } from './queries';

/** Long work of mine that runs now or ran lately. */
export function JobsMenu() {
  const t = useTranslations('jobs');
  const operations = useQuery(operationsQuery()).data ?? [];
  const running = operations.filter(isRunningOperation);
  const trigger = (
    <>
      <Icon name="jobs" />
      {running.length > 0 && <span className="badge-count">{running.length}</span>}
    </>
  );
  return (
    <Menu label={t('label', { count: running.length })} trigger={trigger} align="right">
      {() => (
        <div className="jobs">
          <div className="menu-title">{t('title')}</div>
          {operations.length === 0 && <p className="muted menu-note">{t('none')}</p>}
          {operations.slice(0, 8).map((operation) => (
            <div key={operation.id} className="job">
              <StatusBadge state={operation.state} />
              <span className="job-name">
                {operation.kind} <span className="muted">{operation.subject}</span>
              </span>
              <span className="muted">
                <Time at={operation.createdAt} />
              </span>
            </div>
          ))}
        </div>
      )}
    </Menu>
  );
}
