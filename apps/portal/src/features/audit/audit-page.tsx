'use client';
import { useInfiniteQuery } from '@tanstack/react-query';
import { useTranslations } from 'next-intl';
import { useState } from 'react';
import type { AuditEvent, Change } from '@/lib/contract';
import { Id } from '@/ui/copy';
import { Dialog } from '@/ui/dialog';
import { DiffView } from '@/ui/diff-view';
import { EmptyState } from '@/ui/empty-state';
import { Equivalents } from '@/ui/equivalents';
import { Facts, Page } from '@/ui/page';
import { type Column, Table } from '@/ui/table';
import { Time } from '@/ui/time';
import { auditQuery } from './queries';

export function AuditPage() {
  const t = useTranslations('audit');
  const audit = useInfiniteQuery(auditQuery(undefined));
  const [opened, setOpened] = useState<AuditEvent>();
  const columns: readonly Column<AuditEvent>[] = [
    { key: 'at', title: t('at'), sortBy: (event) => event.at, render: (event) => <Time at={event.at} /> },
    {
      key: 'actor',
      title: t('actor'),
      sortBy: (event) => event.actor,
      render: (event) => <span className="strong">{event.actor || t('system')}</span>,
    },
    {
      key: 'action',
      title: t('action'),
      sortBy: (event) => event.action,
      render: (event) => (
        <button type="button" className="text-button" onClick={() => setOpened(event)}>
          <code>{event.action}</code>
        </button>
      ),
    },
    {
      key: 'resource',
      title: t('resource'),
      sortBy: (event) => event.resource,
      render: (event) => <span className="break">{event.resource}</span>,
    },
    {
      key: 'tenant',
      title: t('tenant'),
      sortBy: (event) => event.tenant ?? '',
      render: (event) => event.tenant ?? <span className="muted">–</span>,
      wide: true,
    },
    {
      key: 'request',
      title: t('request'),
      render: (event) => (event.requestId ? <Id value={event.requestId} short={event.requestId.slice(0, 8)} /> : null),
      wide: true,
    },
  ];
  return (
    <Page
      title={t('title')}
      description={t('description')}
      actions={
        <Equivalents
          items={[{ title: t('title'), cli: 'slipway audit --all', api: 'GET /api/v1/audit-events?limit=50' }]}
        />
      }
    >
      <Table
        name="audit"
        label={t('title')}
        rows={audit.data?.pages.flatMap((page) => page.items)}
        rowKey={(event) => event.id}
        columns={columns}
        error={audit.error}
        searchText={(event) =>
          `${event.actor} ${event.action} ${event.resource} ${event.tenant ?? ''} ${event.requestId ?? ''}`
        }
        empty={<EmptyState icon="audit" title={t('none')} />}
        more={{ has: audit.hasNextPage, isLoading: audit.isFetchingNextPage, load: () => void audit.fetchNextPage() }}
      />
      <Dialog as="drawer" open={opened !== undefined} title={opened?.action ?? ''} onClose={() => setOpened(undefined)}>
        {opened && (
          <div className="stack">
            <Facts
              items={[
                { label: t('actor'), value: opened.actor || t('system') },
                { label: t('at'), value: <Time at={opened.at} /> },
                { label: t('resource'), value: opened.resource },
                { label: t('source'), value: opened.source || '–' },
              ]}
            />
            <DiffView label={t('changes')} changes={toChanges(opened.before, opened.after)} />
          </div>
        )}
      </Dialog>
    </Page>
  );
}

/** The top-level fields that differ. */
function toChanges(before: unknown, after: unknown): readonly Change[] {
  const old = toRecord(before);
  const now = toRecord(after);
  return [...new Set([...Object.keys(old), ...Object.keys(now)])]
    .filter((path) => JSON.stringify(old[path]) !== JSON.stringify(now[path]))
    .map((path) => ({ path, before: old[path], after: now[path] }));
}

const toRecord = (value: unknown): Readonly<Record<string, unknown>> =>
  value !== null && typeof value === 'object' ? Object.fromEntries(Object.entries(value)) : {};
