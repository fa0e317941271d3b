'use client';
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { Button } from 'antd';
import { useRouter } from 'next/navigation';
import { useTranslations } from 'next-intl';
import { useState } from 'react';
import * as z from 'zod/mini';
import { applicationKey, statusQuery } from '@/features/applications/queries';
import { OverrideField, useNeedsReason } from '@/features/freezes/override-field';
import { PlanView } from '@/features/plans/plan-view';
import { planQuery } from '@/features/plans/queries';
import { RolloutHistory } from '@/features/rollouts/rollout-history';
import { toCli, toName } from '@/lib/cli';
import type { Release } from '@/lib/contract';
import { shorten, shortenImage } from '@/lib/format';
import { type ApplicationRef, toApplication, toDrift } from '@/lib/paths';
import { useAddress } from '@/lib/use-address';
import { useForm } from '@/lib/use-form';
import { useValidation } from '@/lib/use-validation';
import { Id } from '@/ui/copy';
import { Dialog } from '@/ui/dialog';
import { DiffView } from '@/ui/diff-view';
import { EmptyState } from '@/ui/empty-state';
import { Equivalents } from '@/ui/equivalents';
import { ErrorBox } from '@/ui/error-box';
import { Field } from '@/ui/field';
import { FormDialog } from '@/ui/form-dialog';
import { Icon } from '@/ui/icon';
import { Input } from '@/ui/input';
import { LinkButton } from '@/ui/link-button';
import { StatusBadge } from '@/ui/status';
import { type Column, Table } from '@/ui/table';
import { Time } from '@/ui/time';
import { createRelease, deploy, diffQuery, releasesQuery, rollBack } from './queries';

/** Every release, newest first: compare, deploy, roll back. The one looked at is in the address. */
export function ReleasesTab({ application: ref }: { application: ApplicationRef }) {
  const t = useTranslations('releases');
  const drift = useTranslations('drift');
  const releases = useQuery(releasesQuery(ref));
  const status = useQuery(statusQuery(ref)).data;
  const current = status?.release ?? null;
  const [opened, setOpened] = useAddress('release', '');
  const [isCreating, setCreating] = useState(false);
  const release = releases.data?.find((one) => String(one.number) === opened);
  const columns: readonly Column<Release>[] = [
    {
      key: 'number',
      title: t('release'),
      sortBy: (one) => one.number,
      render: (one) => (
        <span className="nowrap">
          <button type="button" className="text-button strong tabular" onClick={() => setOpened(String(one.number))}>
            #{one.number}
          </button>{' '}
          {one.number === current && <StatusBadge state="healthy" label={t('current')} quiet />}
        </span>
      ),
    },
    {
      key: 'description',
      title: t('description'),
      render: (one) => <span className="break">{one.description || <span className="muted">–</span>}</span>,
    },
    {
      key: 'image',
      title: t('image'),
      render: (one) => <Id value={one.image} short={shortenImage(one.image)} />,
      wide: true,
    },
    { key: 'hash', title: t('hash'), render: (one) => <Id value={one.hash} short={shorten(one.hash)} />, wide: true },
    {
      key: 'by',
      title: t('by'),
      sortBy: (one) => one.createdBy ?? '',
      render: (one) => one.createdBy ?? '–',
      wide: true,
    },
    {
      key: 'created',
      title: t('created'),
      sortBy: (one) => one.createdAt,
      render: (one) => <Time at={one.createdAt} />,
      align: 'right',
      wide: true,
    },
    {
      key: 'actions',
      title: '',
      align: 'right',
      render: (one) => (
        <Button size="small" disabled={one.number === current} onClick={() => setOpened(String(one.number))}>
          {current !== null && one.number < current ? t('rollBack') : t('deploy')}
        </Button>
      ),
    },
  ];
  const create = (
    <Button icon={<Icon name="plus" size={14} />} onClick={() => setCreating(true)}>
      {t('create')}
    </Button>
  );
  const base = `/api/v1/tenants/${ref.tenant}/projects/${ref.project}/applications/${ref.application}`;
  return (
    <>
      <Table
        name="releases"
        label={t('title')}
        rows={releases.data}
        rowKey={(one) => String(one.number)}
        columns={columns}
        error={releases.error}
        searchText={(one) => `#${one.number} ${one.description ?? ''} ${one.image} ${one.hash} ${one.createdBy ?? ''}`}
        actions={
          <>
            <Equivalents
              items={[
                { title: t('title'), cli: toCli('releases list', toName(ref)), api: `GET ${base}/releases` },
                { title: t('deploy'), api: `POST ${base}/rollouts\n{"environment":"${ref.environment}","release":14}` },
                {
                  title: t('rollBack'),
                  cli: toCli('rollback', ref),
                  api: `POST ${base}/rollback\n{"environment":"${ref.environment}"}`,
                },
              ]}
            />
            {current !== null && (
              <LinkButton href={toDrift(ref)}>{drift('link', { count: status?.drift ?? 0 })}</LinkButton>
            )}
            {create}
          </>
        }
        empty={
          <EmptyState icon="archive" title={t('emptyTitle')} action={create} command="slipway deploy">
            {t('empty')}
          </EmptyState>
        }
      />
      <RolloutHistory application={ref} />
      <ReleaseDrawer application={ref} release={release} current={current} onClose={() => setOpened('')} />
      <NewReleaseDialog
        application={ref}
        open={isCreating}
        onClose={() => setCreating(false)}
        onCreated={(number) => setOpened(String(number))}
      />
    </>
  );
}

/** What would change, and the button that does it. */
function ReleaseDrawer({
  application: ref,
  release,
  current,
  onClose,
}: {
  application: ApplicationRef;
  release: Release | undefined;
  current: number | null;
  onClose: () => void;
}) {
  const t = useTranslations('releases');
  const router = useRouter();
  const client = useQueryClient();
  const other = current ?? (release && release.number > 1 ? release.number - 1 : null);
  const isComparable = release !== undefined && other !== null && other !== release.number;
  const isOther = release !== undefined && release.number !== current;
  const diff = useQuery({ ...diffQuery(ref, release?.number ?? 0, other ?? 0), enabled: isComparable });
  const isBack = release !== undefined && current !== null && release.number < current;
  const [reason, setReason] = useState('');
  const needsReason = useNeedsReason(ref, isBack);
  const isRefused = useQuery({ ...planQuery(ref, release?.number ?? 0), enabled: isOther }).data?.isRefused ?? false;
  const go = useMutation({
    mutationFn: (number: number) => (isBack ? rollBack : deploy)(ref, number, needsReason ? reason.trim() : undefined),
    onSuccess: async () => {
      await client.invalidateQueries({ queryKey: applicationKey(ref) });
      router.push(toApplication(ref));
    },
  });
  const words = { number: release?.number ?? 0, environment: ref.environment };
  return (
    <Dialog
      as="drawer"
      wide
      open={release !== undefined}
      title={t('releaseNumber', { number: release?.number ?? 0 })}
      onClose={onClose}
      footer={
        release &&
        (release.number === current ? (
          <span className="muted">{t('isCurrent', { environment: ref.environment })}</span>
        ) : (
          <Button
            type="primary"
            disabled={isRefused || (needsReason && reason.trim() === '')}
            loading={go.isPending}
            onClick={() => go.mutate(release.number)}
          >
            {isBack ? t('rollBackTo', words) : t('deployTo', words)}
          </Button>
        ))
      }
    >
      {release && (
        <div className="stack">
          {release.description && <p>{release.description}</p>}
          <p className="muted">
            {release.createdBy} · <Time at={release.createdAt} /> ·{' '}
            <Id value={release.image} short={shortenImage(release.image)} />
          </p>
          <h3>{other !== null && isComparable ? t('comparedWith', { number: other }) : t('first')}</h3>
          {diff.error ? <ErrorBox error={diff.error} /> : null}
          {diff.data && <DiffView changes={diff.data} label={t('changes')} />}
          {isOther && (
            <>
              <OverrideField application={ref} isRollback={isBack} value={reason} onChange={setReason} />
              <PlanView application={ref} release={release.number} />
            </>
          )}
          {go.error ? <ErrorBox error={go.error} /> : null}
        </div>
      )}
    </Dialog>
  );
}

const imageSchema = z.object({
  image: z
    .string()
    .check(z.minLength(1, 'required'), z.regex(/^[\w.:-]+(\/[\w.-]+)*(:[\w.-]+)?(@sha256:[0-9a-f]{64})?$/, 'image')),
  description: z.string(),
});

function NewReleaseDialog({
  application: ref,
  open,
  onClose,
  onCreated,
}: {
  application: ApplicationRef;
  open: boolean;
  onClose: () => void;
  onCreated: (number: number) => void;
}) {
  const t = useTranslations('releases');
  const client = useQueryClient();
  const form = useForm(imageSchema, { image: '', description: '' }, useValidation());
  const send = () =>
    form.submit(async ({ image, description }) => {
      const release = await createRelease(ref, { image, ...(description ? { description } : {}) });
      await client.invalidateQueries({ queryKey: applicationKey(ref) });
      form.reset();
      onClose();
      onCreated(release.number);
    });
  return (
    <FormDialog open={open} title={t('create')} onClose={onClose} form={form} onSubmit={send} submit={t('createVerb')}>
      <p className="muted">{t('createExplanation')}</p>
      <Field label={t('image')} error={form.errorOf('image')}>
        {(control) => (
          <Input
            {...control}
            className="mono"
            value={form.values.image}
            onChange={(event) => form.set('image', event.target.value)}
            placeholder="127.0.0.1:7601/acme/shop/web:1.2"
            spellCheck={false}
          />
        )}
      </Field>
      <Field label={t('description')} error={form.errorOf('description')}>
        {(control) => (
          <Input
            {...control}
            value={form.values.description}
            onChange={(event) => form.set('description', event.target.value)}
          />
        )}
      </Field>
    </FormDialog>
  );
}
