'use client';
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { Button } from 'antd';
import { useTranslations } from 'next-intl';
import { useState } from 'react';
import * as z from 'zod/mini';
import type { PersonalToken } from '@/lib/contract';
import { useForm } from '@/lib/use-form';
import { useValidation } from '@/lib/use-validation';
import { ConfirmByTyping } from '@/ui/confirm-by-typing';
import { CodeBlock } from '@/ui/copy';
import { Dialog } from '@/ui/dialog';
import { Equivalents } from '@/ui/equivalents';
import { ErrorBox } from '@/ui/error-box';
import { Field, Select } from '@/ui/field';
import { Icon } from '@/ui/icon';
import { Input } from '@/ui/input';
import { Facts, Page, Section } from '@/ui/page';
import { type Column, Table } from '@/ui/table';
import { Time } from '@/ui/time';
import { createToken, deleteToken, meQuery, tokensQuery } from './queries';

/** Who I am, my tokens, and how to use the command line. */
export function MePage({ apiUrl }: { apiUrl: string }) {
  const t = useTranslations('me');
  const client = useQueryClient();
  const me = useQuery(meQuery()).data;
  const tokens = useQuery(tokensQuery());
  const [isCreating, setCreating] = useState(false);
  const [doomed, setDoomed] = useState<PersonalToken>();
  const removal = useMutation({
    mutationFn: (id: string) => deleteToken(id),
    onSuccess: () => {
      setDoomed(undefined);
      return client.invalidateQueries({ queryKey: ['me', 'tokens'] });
    },
  });
  const columns: readonly Column<PersonalToken>[] = [
    {
      key: 'name',
      title: t('tokenName'),
      sortBy: (token) => token.name,
      render: (token) => <span className="strong">{token.name}</span>,
    },
    { key: 'prefix', title: t('prefix'), render: (token) => <code>{token.prefix}…</code>, wide: true },
    {
      key: 'created',
      title: t('created'),
      sortBy: (token) => token.createdAt,
      render: (token) => <Time at={token.createdAt} />,
      wide: true,
    },
    {
      key: 'expires',
      title: t('expires'),
      sortBy: (token) => token.expiresAt ?? '',
      render: (token) => (token.expiresAt ? <Time at={token.expiresAt} /> : t('never')),
    },
    {
      key: 'actions',
      title: '',
      align: 'right',
      render: (token) => (
        <Button size="small" onClick={() => setDoomed(token)}>
          {t('revoke')}
        </Button>
      ),
    },
  ];
  return (
    <main id="content" className="main main-alone" tabIndex={-1}>
      <Page
        narrow
        title={me?.displayName || me?.username || ''}
        description={me?.email}
        actions={
          <Equivalents
            items={[
              { title: t('tokens'), cli: 'slipway tokens list', api: 'GET /api/v1/me/tokens' },
              {
                title: t('newToken'),
                cli: 'slipway tokens create laptop --expires-in-days 90',
                api: 'POST /api/v1/me/tokens\n{"name":"laptop","expiresInDays":90}',
              },
            ]}
          />
        }
      >
        <Section title={t('memberships')}>
          {me && (
            <Facts
              items={[
                { label: t('username'), value: <code>{me.username}</code> },
                ...me.memberships.map((membership) => ({
                  label: membership.tenant,
                  value: t(`roles.${membership.role}`),
                })),
                ...(me.isAdmin ? [{ label: t('platform'), value: t('administrator') }] : []),
              ]}
            />
          )}
        </Section>
        <Section
          title={t('tokens')}
          flush
          actions={
            <Button type="primary" icon={<Icon name="plus" size={14} />} onClick={() => setCreating(true)}>
              {t('newToken')}
            </Button>
          }
        >
          <Table
            name="tokens"
            label={t('tokens')}
            rows={tokens.data}
            rowKey={(token) => token.id}
            columns={columns}
            error={tokens.error}
            empty={<p className="muted pad">{t('noTokens')}</p>}
          />
        </Section>
        <Section title={t('cli')}>
          <p className="muted">{t('cliExplanation')}</p>
          <CodeBlock label={t('cliInstall')} code="npm install --global @slipway/cli" />
          <CodeBlock
            label={t('cliLogin')}
            code={`slipway login --server ${apiUrl} --username ${me?.username ?? 'me'}`}
          />
          <CodeBlock label={t('cliDeploy')} code={'cd my-application\nslipway deploy'} />
        </Section>
      </Page>
      <NewTokenDialog open={isCreating} onClose={() => setCreating(false)} />
      <ConfirmByTyping
        open={doomed !== undefined}
        title={t('revokeTitle')}
        name={doomed?.name ?? ''}
        verb={t('revokeNamed', { name: doomed?.name ?? '' })}
        isRunning={removal.isPending}
        error={removal.error}
        onConfirm={() => doomed && removal.mutate(doomed.id)}
        onClose={() => setDoomed(undefined)}
      >
        <p>{t('revokeExplanation')}</p>
      </ConfirmByTyping>
    </main>
  );
}

const schema = z.object({ name: z.string().check(z.minLength(1, 'required')), days: z.string() });
const lifetimes = ['7', '30', '90', '365'] as const;

function NewTokenDialog({ open, onClose }: { open: boolean; onClose: () => void }) {
  const t = useTranslations('me');
  const client = useQueryClient();
  const [made, setMade] = useState<string>();
  const form = useForm(schema, { name: '', days: '90' }, useValidation());
  const send = () =>
    form.submit(async ({ name, days }) => {
      const token = await createToken({ name, ...(days ? { expiresInDays: Number(days) } : {}) });
      setMade(token.token);
      await client.invalidateQueries({ queryKey: ['me', 'tokens'] });
    });
  const close = () => {
    setMade(undefined);
    form.reset();
    onClose();
  };
  return (
    <Dialog
      open={open}
      title={t('newToken')}
      onClose={close}
      footer={
        made ? (
          <Button onClick={close}>{t('done')}</Button>
        ) : (
          <Button type="primary" loading={form.isSending} onClick={send}>
            {t('createToken')}
          </Button>
        )
      }
    >
      {made ? (
        <div className="stack">
          <p role="status">{t('once')}</p>
          <CodeBlock code={made} />
        </div>
      ) : (
        <form
          className="form"
          onSubmit={(event) => {
            event.preventDefault();
            void send();
          }}
        >
          <Field label={t('tokenName')} help={t('tokenNameHelp')} error={form.errorOf('name')}>
            {(control) => (
              <Input
                {...control}
                value={form.values.name}
                onChange={(event) => form.set('name', event.target.value)}
                autoComplete="off"
              />
            )}
          </Field>
          <Field label={t('lifetime')} error={form.errorOf('expiresInDays')}>
            {({ id }) => (
              <Select
                id={id}
                value={form.values.days}
                onChange={(days) => form.set('days', days)}
                options={[
                  ...lifetimes.map((days) => ({ value: days, label: t('days', { count: Number(days) }) })),
                  { value: '', label: t('never') },
                ]}
              />
            )}
          </Field>
          {form.problem ? <ErrorBox error={form.problem} /> : null}
          <button type="submit" hidden />
        </form>
      )}
    </Dialog>
  );
}
