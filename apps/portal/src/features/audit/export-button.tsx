'use client';
import { useQuery } from '@tanstack/react-query';
import { Button } from 'antd';
import { useTranslations } from 'next-intl';
import { useState } from 'react';
import { ErrorBox } from '@/ui/error-box';
import { createExport, exportAddress, readExport } from './queries';

/** Has the log (of the time that is looked at) exported, and gives the file when it is ready. */
export function ExportButton({ tenant, from, to }: { tenant: string | undefined; from?: string; to?: string }) {
  const t = useTranslations('audit');
  const [id, setId] = useState<string>();
  const [problem, setProblem] = useState<unknown>();
  const found = useQuery({
    queryKey: ['audit-export', id],
    queryFn: () => readExport(tenant, id ?? ''),
    enabled: id !== undefined,
    refetchInterval: (query) => (query.state.data?.state === 'pending' || !query.state.data ? 1_000 : false),
  }).data;
  const start = () => {
    setProblem(undefined);
    createExport(tenant, { from, to }).then((made) => setId(made.id), setProblem);
  };
  if (problem) return <ErrorBox error={problem} />;
  if (id && found?.state === 'ready')
    return (
      <Button type="primary" href={exportAddress(tenant, id)} download>
        {t('download')}
      </Button>
    );
  if (found?.state === 'failed') return <span role="alert">{t('exportFailed')}</span>;
  return (
    <Button loading={id !== undefined} onClick={start}>
      {t(id ? 'exporting' : 'export')}
    </Button>
  );
}
