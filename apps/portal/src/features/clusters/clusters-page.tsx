'use client';
import { useQuery } from '@tanstack/react-query';
import { useTranslations } from 'next-intl';
import type { Cluster } from '@/lib/contract';
import { formatBytes, parseQuantity } from '@/lib/format';
import { CodeBlock } from '@/ui/copy';
import { EmptyState } from '@/ui/empty-state';
import { Equivalents } from '@/ui/equivalents';
import { ErrorBox } from '@/ui/error-box';
import { Facts, Page, Section } from '@/ui/page';
import { StatusBadge } from '@/ui/status';
import { type Column, Table } from '@/ui/table';
import { clustersQuery } from './queries';

type Node = Cluster['nodes'][number];

export function ClustersPage() {
  const t = useTranslations('clusters');
  const clusters = useQuery(clustersQuery());
  const columns: readonly Column<Node>[] = [
    {
      key: 'name',
      title: t('node'),
      sortBy: (node) => node.name,
      render: (node) => <code className="break">{node.name}</code>,
    },
    { key: 'ready', title: t('state'), render: (node) => <StatusBadge state={node.ready ? 'ready' : 'notReady'} /> },
    {
      key: 'cpu',
      title: t('cpu'),
      render: (node) => <span className="tabular">{node.cpu ?? '–'}</span>,
      align: 'right',
    },
    {
      key: 'memory',
      title: t('memory'),
      render: (node) => <span className="tabular nowrap">{toMemory(node.memory)}</span>,
      align: 'right',
    },
    {
      key: 'pods',
      title: t('pods'),
      render: (node) => <span className="tabular">{node.pods ?? '–'}</span>,
      align: 'right',
    },
  ];
  return (
    <Page
      title={t('title')}
      description={t('description')}
      actions={
        <Equivalents items={[{ title: t('title'), cli: 'slipway clusters list', api: 'GET /api/v1/clusters' }]} />
      }
    >
      {clusters.error && !clusters.data ? <ErrorBox error={clusters.error} /> : null}
      {clusters.data?.length === 0 && <EmptyState icon="clusters" title={t('none')} />}
      {clusters.data?.map((cluster) => (
        <Section key={cluster.name} title={cluster.name} actions={<StatusBadge state={cluster.state} />}>
          <Facts
            items={[
              { label: t('kind'), value: cluster.kind },
              { label: t('version'), value: cluster.kubernetesVersion ?? '–' },
              { label: t('server'), value: <code className="break">{cluster.server ?? '–'}</code> },
              { label: t('nodes'), value: <span className="tabular">{cluster.nodes.length}</span> },
            ]}
          />
          <Table
            name={`nodes-${cluster.name}`}
            label={t('nodesOf', { name: cluster.name })}
            rows={cluster.nodes}
            rowKey={(node) => node.name}
            columns={columns}
            empty={<p className="muted pad">{t('noNodes')}</p>}
          />
          <p className="muted">{t('kubeconfig')}</p>
          <CodeBlock
            code={'slipway kubeconfig > ~/.kube/slipway.yaml\nKUBECONFIG=~/.kube/slipway.yaml kubectl get nodes'}
          />
        </Section>
      ))}
    </Page>
  );
}

/** A memory quantity in units that one reads. */
function toMemory(quantity: string | null): string {
  const bytes = parseQuantity(quantity ?? '');
  return Number.isNaN(bytes) ? (quantity ?? '–') : formatBytes(bytes);
}
