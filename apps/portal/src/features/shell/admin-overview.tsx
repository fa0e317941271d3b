'use client';
import { useInfiniteQuery, useQuery } from '@tanstack/react-query';
import Link from 'next/link';
import { useTranslations } from 'next-intl';
import { AuditList } from '@/features/audit/audit-list';
import { auditQuery } from '@/features/audit/queries';
import { clustersQuery } from '@/features/clusters/queries';
import { isRunningOperation, operationsQuery } from '@/features/operations/queries';
import { tenantsQuery } from '@/features/tenants/queries';
import { usersQuery } from '@/features/users/queries';
import { Equivalents } from '@/ui/equivalents';
import { ErrorBox } from '@/ui/error-box';
import { Page, Section } from '@/ui/page';
import { StatusBadge } from '@/ui/status';
import { Time } from '@/ui/time';

/** The platform on one screen. */
export function AdminOverview() {
  const t = useTranslations('admin');
  const tenants = useQuery(tenantsQuery());
  const users = useQuery(usersQuery());
  const clusters = useQuery(clustersQuery());
  const operations = useQuery(operationsQuery());
  const audit = useInfiniteQuery(auditQuery(undefined));
  const nodes = clusters.data?.flatMap((cluster) => cluster.nodes);
  const figures = [
    { label: t('tenants'), value: tenants.data?.length, href: '/admin/tenants' },
    { label: t('users'), value: users.data?.length, href: '/admin/users' },
    {
      label: t('nodesReady'),
      value: nodes && `${nodes.filter((node) => node.ready).length}/${nodes.length}`,
      href: '/admin/clusters',
    },
    { label: t('running'), value: operations.data?.filter(isRunningOperation).length, href: '#operations' },
  ];
  return (
    <Page
      title={t('title')}
      description={t('description')}
      actions={
        <Equivalents items={[{ title: t('title'), cli: 'slipway clusters list', api: 'GET /api/v1/clusters' }]} />
      }
    >
      <section className="counts" aria-label={t('figures')}>
        {figures.map((figure) => (
          <Link key={figure.label} href={figure.href} className="count">
            <span className="count-number tabular">{figure.value ?? '–'}</span>
            <span className="muted">{figure.label}</span>
          </Link>
        ))}
      </section>
      <div className="columns">
        <div className="stack">
          <Section title={t('clusters')} flush>
            {clusters.error ? <ErrorBox error={clusters.error} /> : null}
            <ul className="rows">
              {clusters.data?.map((cluster) => (
                <li key={cluster.name} className="audit-row">
                  <span>
                    <Link href="/admin/clusters" className="strong">
                      {cluster.name}
                    </Link>{' '}
                    <span className="muted">
                      {cluster.kind} · Kubernetes {cluster.kubernetesVersion ?? '–'}
                    </span>
                  </span>
                  <StatusBadge state={cluster.state} />
                </li>
              ))}
            </ul>
          </Section>
          <div id="operations">
            <Section title={t('operations')} flush>
              {operations.data?.length === 0 && <p className="muted pad">{t('noOperations')}</p>}
              <ul className="rows">
                {operations.data?.slice(0, 8).map((operation) => (
                  <li key={operation.id} className="audit-row">
                    <span className="audit-what">
                      <StatusBadge state={operation.state} /> {operation.kind}{' '}
                      <span className="muted">{operation.subject}</span>
                    </span>
                    <span className="muted">
                      <Time at={operation.createdAt} />
                    </span>
                  </li>
                ))}
              </ul>
            </Section>
          </div>
        </div>
        <Section title={t('lastChanges')} flush>
          {audit.error ? (
            <ErrorBox error={audit.error} />
          ) : (
            <AuditList events={(audit.data?.pages[0]?.items ?? []).slice(0, 14)} />
          )}
        </Section>
      </div>
    </Page>
  );
}
