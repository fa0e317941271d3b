'use client';
import { useInfiniteQuery } from '@tanstack/react-query';
import { useTranslations } from 'next-intl';
import { useDeferredValue, useState } from 'react';
import type { AuditEvent, Change } from '@/lib/contract';
import { Id } from '@/ui/copy';
import { Dialog } from '@/ui/dialog';
import { DiffView } from '@/ui/diff-view';
import { EmptyState } from '@/ui/empty-state';
import { Equivalents } from '@/ui/equivalents';
import { LinkButton } from '@/ui/link-button';
import { Facts, Page } from '@/ui/page';
import { type Column, Table } from '@/ui/table';
import { Time } from '@/ui/time';
import { AuditFilters, useAuditFilter } from './audit-filters';
import { ExportButton } from './export-button';
import { auditQuery } from './queries';

/** The log of the whole platform, or of one tenant. */
export function AuditPage({ tenant }: { tenant?: string }) {
  const t = useTranslations('audit');
  const { fields, filter, isSet } = useAuditFilter();
  const audit = useInfiniteQuery(auditQuery(tenant, useDeferredValue(filter)));
  const [opened, setOpened] = useState<AuditEvent>();
  const columns: readonly Column<AuditEvent>[] = [
    { key: 'at', title: t('at'), sortBy: (event) => event.at, render: (event) => <Time at={event.at} /> },
    {
      key: 'actor',
      title: t('actor'),
      sortBy: (event) => event.actor,
      render: (event) => (
        <button type="button" className="text-button strong" onClick={() => fields.actor[1](event.actor)}>
          {event.actor || t('system')}
        </button>
      ),
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
      render: (event) => (
        <button type="button" className="text-button break" onClick={() => fields.resource[1](event.resource)}>
          {event.resource}
        </button>
      ),
    },
    { key: 'outcome', title: t('outcome'), render: (event) => t(`outcomes.${event.outcome}`), wide: true },
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
      description={t(tenant ? 'tenantDescription' : 'description')}
      actions={
        <>
          {(['alerts', 'rules', 'streams'] as const).map((page) => (
            <LinkButton key={page} href={`${tenant ? `/t/${tenant}` : '/admin'}/audit/${page}`}>
              {t(page)}
            </LinkButton>
          ))}
          <ExportButton tenant={tenant} from={filter.from} to={filter.to} />
          <Equivalents
            items={[
              {
                title: t('title'),
                cli: `slipway audit ${tenant ? `--tenant ${tenant}` : '--all'}`,
                api: `GET /api/v1/${tenant ? `tenants/${tenant}/` : ''}audit-events?limit=50`,
              },
            ]}
          />
        </>
      }
    >
      <AuditFilters fields={fields} isSet={isSet} />
      <Table
        name="audit"
        label={t('title')}
        rows={audit.data?.pages.flatMap((page) => page.items)}
        rowKey={(event) => event.id}
        columns={columns}
        error={audit.error}
        empty={<EmptyState icon="audit" title={t(isSet ? 'noneFound' : 'none')} />}
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
                { label: t('outcome'), value: t(`outcomes.${opened.outcome}`) },
                { label: t('source'), value: opened.source || '–' },
                ...(opened.impersonator ? [{ label: t('impersonator'), value: opened.impersonator }] : []),
                ...(opened.sessionId
                  ? [
                      {
                        label: t('session'),
                        value: <Id value={opened.sessionId} short={opened.sessionId.slice(0, 8)} />,
                      },
                    ]
                  : []),
                { label: t('agent'), value: opened.userAgent || '–' },
                { label: t('chain'), value: opened.seq === null ? t('unsealed') : String(opened.seq) },
                ...(opened.hash
                  ? [{ label: t('hash'), value: <Id value={opened.hash} short={opened.hash.slice(0, 16)} /> }]
                  : []),
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
