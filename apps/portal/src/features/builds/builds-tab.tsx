'use client';
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { Button } from 'antd';
import Link from 'next/link';
import { useRouter } from 'next/navigation';
import { useTranslations } from 'next-intl';
import { useState } from 'react';
import { applicationKey, applicationQuery, upload } from '@/features/applications/queries';
import { ArchivePicker } from '@/features/sources/archive-picker';
import { toCli, toName } from '@/lib/cli';
import type { Build } from '@/lib/contract';
import { formatDuration } from '@/lib/format';
import { type ApplicationRef, toBuild } from '@/lib/paths';
import { Dialog } from '@/ui/dialog';
import { EmptyState } from '@/ui/empty-state';
import { Equivalents } from '@/ui/equivalents';
import { ErrorBox } from '@/ui/error-box';
import { StatusBadge } from '@/ui/status';
import { type Column, Table } from '@/ui/table';
import { Time, useNow } from '@/ui/time';
import { buildsQuery, createBuild } from './queries';

export function BuildsTab({ application: ref }: { application: ApplicationRef }) {
  const t = useTranslations('builds');
  const builds = useQuery(buildsQuery(ref));
  const source = useQuery(applicationQuery(ref)).data?.source;
  const columns: readonly Column<Build>[] = [
    {
      key: 'number',
      title: t('build'),
      sortBy: (build) => build.number,
      render: (build) => (
        <Link href={toBuild(ref, build.number)} className="strong tabular">
          #{build.number}
        </Link>
      ),
    },
    {
      key: 'state',
      title: t('state'),
      sortBy: (build) => build.state,
      render: (build) => <StatusBadge state={build.state} />,
    },
    { key: 'source', title: t('source'), render: (build) => <SourceText build={build} />, wide: true },
    {
      key: 'release',
      title: t('release'),
      sortBy: (build) => build.release ?? 0,
      render: (build) => <span className="tabular">{build.release ? `#${build.release}` : '–'}</span>,
    },
    { key: 'duration', title: t('duration'), render: (build) => <Duration build={build} />, align: 'right' },
    {
      key: 'created',
      title: t('started'),
      sortBy: (build) => build.createdAt,
      render: (build) => <Time at={build.createdAt} />,
      align: 'right',
      wide: true,
    },
  ];
  const start = source && source.type !== 'image' ? <StartBuild application={ref} sourceType={source.type} /> : null;
  return (
    <Table
      name="builds"
      label={t('title')}
      rows={builds.data}
      rowKey={(build) => build.id}
      columns={columns}
      error={builds.error}
      actions={
        <>
          <Equivalents
            items={[
              {
                title: t('title'),
                cli: toCli('builds list', toName(ref)),
                api: `GET /api/v1/tenants/${ref.tenant}/projects/${ref.project}/applications/${ref.application}/builds`,
              },
              {
                title: t('start'),
                cli: toCli('deploy', ref),
                api: `POST /api/v1/tenants/${ref.tenant}/projects/${ref.project}/applications/${ref.application}/builds\n{"deploy":{"environment":"${ref.environment}"}}`,
              },
            ]}
          />
          {start}
        </>
      }
      empty={
        <EmptyState icon="archive" title={t('emptyTitle')} action={start} command="slipway deploy">
          {source?.type === 'image' ? t('emptyImage') : t('empty')}
        </EmptyState>
      }
    />
  );
}

function SourceText({ build }: { build: Build }) {
  const t = useTranslations('applications');
  if (build.source.type === 'upload') return <span>{t('sources.archive')}</span>;
  return <code className="break">{build.source.ref}</code>;
}

function Duration({ build }: { build: Build }) {
  const now = useNow();
  if (!build.startedAt) return <span className="muted">–</span>;
  const end = build.finishedAt ? Date.parse(build.finishedAt) : now;
  return <span className="tabular">{end === undefined ? '' : formatDuration(end - Date.parse(build.startedAt))}</span>;
}

function StartBuild({
  application: ref,
  sourceType,
}: {
  application: ApplicationRef;
  sourceType: 'git' | 'archive' | 'push';
}) {
  const t = useTranslations('builds');
  const router = useRouter();
  const client = useQueryClient();
  const [open, setOpen] = useState(false);
  const [archive, setArchive] = useState<{ name: string; blob: Blob }>();
  const start = useMutation({
    mutationFn: async () => {
      const uploaded = sourceType === 'archive' && archive ? await upload(ref, archive.blob) : undefined;
      return createBuild(ref, {
        ...(uploaded ? { source: { type: 'upload', upload: uploaded.id } } : {}),
        deploy: { environment: ref.environment },
      });
    },
    onSuccess: async (build) => {
      setOpen(false);
      await client.invalidateQueries({ queryKey: [...applicationKey(ref), 'builds'] });
      router.push(toBuild(ref, build.number));
    },
  });
  return (
    <>
      <Button type="primary" onClick={() => setOpen(true)}>
        {t('start')}
      </Button>
      <Dialog
        open={open}
        title={t('start')}
        onClose={() => setOpen(false)}
        footer={
          <Button
            type="primary"
            loading={start.isPending}
            disabled={sourceType === 'archive' && !archive}
            onClick={() => start.mutate()}
          >
            {t('startTo', { environment: ref.environment })}
          </Button>
        }
      >
        <p className="muted">{t(`explanation.${sourceType}`)}</p>
        {sourceType === 'archive' && <ArchivePicker value={archive} onChange={setArchive} />}
        {start.error ? <ErrorBox error={start.error} /> : null}
      </Dialog>
    </>
  );
}
