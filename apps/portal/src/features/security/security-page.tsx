'use client';
import type { Schemas } from '@slipway/sdk';
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { Button } from 'antd';
import { useTranslations } from 'next-intl';
import { useState } from 'react';
import { Meter } from '@/ui/chart-frame';
import { Dialog } from '@/ui/dialog';
import { EmptyState } from '@/ui/empty-state';
import { Equivalents } from '@/ui/equivalents';
import { ErrorBox } from '@/ui/error-box';
import { Page, Section } from '@/ui/page';
import { ConfirmRemoval, useRemoval } from '@/ui/removal';
import { StatusBadge } from '@/ui/status';
import { type Column, Table } from '@/ui/table';
import { Time } from '@/ui/time';
import { isRunning, keysQuery, retireKey, rewrapKeys, rotateKeys } from './queries';

type Key = Schemas['EncryptionKey'];

/** The master keys: which there are, what they hold, and the rotation from one to the next. */
export function SecurityPage() {
  const t = useTranslations('security');
  const client = useQueryClient();
  const keys = useQuery(keysQuery());
  const [isAsking, setAsking] = useState(false);
  const renew = () => client.invalidateQueries({ queryKey: ['encryption-keys'] });
  const rotation = useMutation({
    mutationFn: rotateKeys,
    onSuccess: () => {
      setAsking(false);
      return renew();
    },
  });
  const rewrap = useMutation({ mutationFn: rewrapKeys, onSuccess: renew });
  const removal = useRemoval((key: Key) => retireKey(key.id), renew);
  const all = keys.data;
  const behind = all?.items.reduce((sum, key) => sum + (key.state === 'primary' ? 0 : key.secrets), 0) ?? 0;
  const runs = isRunning(all?.rotation?.state);
  const columns: readonly Column<Key>[] = [
    { key: 'id', title: t('key'), render: (key) => <code>{key.id}</code> },
    {
      key: 'state',
      title: t('state'),
      render: (key) => (
        <StatusBadge
          state={key.state}
          tone={key.state === 'primary' ? 'healthy' : 'idle'}
          label={key.state === 'primary' ? t('primary') : t('older')}
        />
      ),
    },
    { key: 'source', title: t('from'), render: (key) => t(`sources.${key.source}`), wide: true },
    { key: 'since', title: t('since'), render: (key) => <Time at={key.since} />, wide: true },
    {
      key: 'secrets',
      title: t('secrets'),
      align: 'right',
      sortBy: (key) => key.secrets,
      render: (key) => <span className="tabular">{key.secrets}</span>,
    },
    {
      key: 'actions',
      title: '',
      align: 'right',
      render: (key) =>
        key.state !== 'primary' && (
          <Button
            size="small"
            disabled={key.secrets > 0}
            title={key.secrets > 0 ? t('stillNeeded') : undefined}
            onClick={() => removal.ask(key)}
            aria-label={t('retireNamed', { key: key.id })}
          >
            {t('retire')}
          </Button>
        ),
    },
  ];
  return (
    <Page
      title={t('title')}
      description={t('description')}
      actions={
        <>
          <Equivalents
            items={[
              { title: t('keys'), cli: 'slipway keys list', api: 'GET /api/v1/encryption-keys' },
              { title: t('rotate'), cli: 'slipway keys rotate', api: 'POST /api/v1/encryption-keys/rotate' },
            ]}
          />
          <Button type="primary" onClick={() => setAsking(true)} disabled={runs || !all}>
            {t('rotate')}
          </Button>
        </>
      }
    >
      {all && all.missing > 0 && (
        <p role="alert">
          <StatusBadge state="failed" label={t('missing', { count: all.missing })} />
        </p>
      )}
      {all?.rotation && (
        <Section title={t('rotation')}>
          <p>
            <StatusBadge state={all.rotation.state} /> <Time at={all.rotation.createdAt} />{' '}
            <span className="muted">{t('by', { user: all.rotation.createdBy })}</span>
          </p>
          {runs && <Meter label={t('progress')} value={all.rotation.progress} of={100} tone="progressing" />}
          {!runs && behind > 0 && (
            <p>
              {t('behind', { count: behind })}{' '}
              <Button size="small" loading={rewrap.isPending} onClick={() => rewrap.mutate()}>
                {t('rewrap')}
              </Button>
            </p>
          )}
          {rewrap.error && <ErrorBox error={rewrap.error} />}
        </Section>
      )}
      <Table
        name="keys"
        label={t('keys')}
        rows={all?.items}
        rowKey={(key) => key.id}
        columns={columns}
        error={keys.error}
        empty={
          <EmptyState icon="key" title={t('emptyTitle')}>
            {t('empty')}
          </EmptyState>
        }
      />
      <Section title={t('oldFileTitle')}>
        <p>{t('oldFile')}</p>
        <p className="muted">{t('oldFileBackup')}</p>
      </Section>
      <Dialog
        open={isAsking}
        title={t('rotateTitle')}
        onClose={() => setAsking(false)}
        footer={
          <>
            <Button onClick={() => setAsking(false)}>{t('cancel')}</Button>
            <Button type="primary" loading={rotation.isPending} onClick={() => rotation.mutate()}>
              {t('rotate')}
            </Button>
          </>
        }
      >
        <p>{t('rotatePlan', { count: all?.items.reduce((sum, { secrets }) => sum + secrets, 0) ?? 0 })}</p>
        <p className="muted">{t('rotateSafe')}</p>
        {rotation.error && <ErrorBox error={rotation.error} />}
      </Dialog>
      <ConfirmRemoval
        removal={removal}
        title={t('retireTitle')}
        nameOf={({ id }) => id}
        verbOf={(key) => t('retireNamed', { key })}
      >
        <p>{t('retireExplanation')}</p>
      </ConfirmRemoval>
    </Page>
  );
}
