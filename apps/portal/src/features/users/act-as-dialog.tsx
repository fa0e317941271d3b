'use client';
import { useMutation } from '@tanstack/react-query';
import { Button } from 'antd';
import { useLocale, useTranslations } from 'next-intl';
import { useState } from 'react';
import * as z from 'zod/mini';
import type { Impersonation } from '@/lib/contract';
import { formatMoment } from '@/lib/format';
import { useForm } from '@/lib/use-form';
import { useValidation } from '@/lib/use-validation';
import { useAnnounce } from '@/ui/announcer';
import { CodeBlock } from '@/ui/copy';
import { Dialog } from '@/ui/dialog';
import { Equivalents } from '@/ui/equivalents';
import { ErrorBox } from '@/ui/error-box';
import { Field, Select } from '@/ui/field';
import { FormDialog } from '@/ui/form-dialog';
import { TextField } from '@/ui/text-field';
import { beginImpersonation, endImpersonation } from './queries';

const minutes = ['5', '15', '30', '60'] as const;
const schema = z.object({ reason: z.string().check(z.minLength(1, 'required')), expiresInMinutes: z.enum(minutes) });
type ActAsForm = z.output<typeof schema>;

interface ActAsDialogProps {
  readonly username: string;
  readonly onClose: () => void;
}

/** Acts in a user's name for some minutes: asks why, then shows the token, this once, and what to do with it. */
export function ActAsDialog({ username, onClose }: ActAsDialogProps) {
  const t = useTranslations('actAs');
  const [begun, setBegun] = useState<Impersonation>();
  const form = useForm<ActAsForm>(schema, { reason: '', expiresInMinutes: '15' }, useValidation());
  const send = () =>
    form.submit(async ({ reason, expiresInMinutes }) =>
      setBegun(await beginImpersonation(username, { reason, expiresInMinutes: Number(expiresInMinutes) })),
    );
  if (begun) return <Begun begun={begun} onClose={onClose} />;
  return (
    <FormDialog
      open
      wide
      title={t('title', { username })}
      onClose={onClose}
      form={form}
      onSubmit={send}
      submit={t('verb', { username })}
    >
      <p>{t('explanation', { username })}</p>
      <TextField form={form} name="reason" label={t('reason')} help={t('reasonHelp', { username })} isProse />
      <Field label={t('minutes')} error={form.errorOf('expiresInMinutes')}>
        {({ id }) => (
          <Select
            id={id}
            value={form.values.expiresInMinutes}
            onChange={(to) => form.set('expiresInMinutes', minutes.find((one) => one === to) ?? '15')}
            options={minutes.map((value) => ({ value, label: t('forMinutes', { count: Number(value) }) }))}
          />
        )}
      </Field>
      <Never />
      <div>
        <Equivalents
          items={[
            {
              title: t('title', { username }),
              cli: `slipway users impersonate ${username} --reason "${t('reasonExample')}"`,
              api: `POST /api/v1/users/${username}/impersonation\n{"reason":"${t('reasonExample')}","expiresInMinutes":15}`,
            },
            {
              title: t('end', { username }),
              cli: `slipway users impersonate ${username} --end`,
              api: `DELETE /api/v1/users/${username}/impersonation`,
            },
          ]}
        />
      </div>
    </FormDialog>
  );
}

/** What nobody does in another's name, whatever the other one may. */
function Never() {
  const t = useTranslations('actAs');
  return (
    <div className="stack">
      <p className="strong">{t('never')}</p>
      <ul className="bullets">
        {(['secrets', 'shells', 'credentials', 'consent', 'members', 'platform'] as const).map((what) => (
          <li key={what}>{t(`nevers.${what}`)}</li>
        ))}
      </ul>
    </div>
  );
}

function Begun({ begun, onClose }: { begun: Impersonation; onClose: () => void }) {
  const t = useTranslations('actAs');
  const locale = useLocale();
  const announce = useAnnounce();
  const { username } = begun.subject;
  const end = useMutation({
    mutationFn: () => endImpersonation(username),
    onSuccess: () => {
      announce(t('ended', { username }));
      onClose();
    },
  });
  return (
    <Dialog
      open
      wide
      title={t('begunTitle', { username })}
      onClose={onClose}
      footer={
        <>
          <Button danger loading={end.isPending} onClick={() => end.mutate()}>
            {t('end', { username })}
          </Button>
          <Button type="primary" onClick={onClose}>
            {t('done')}
          </Button>
        </>
      }
    >
      <div className="stack">
        <p role="status">{t('once', { time: formatMoment(begun.expiresAt, locale) })}</p>
        <CodeBlock label={t('token')} code={begun.token} />
        <CodeBlock label={t('withCli')} code={`SLIPWAY_TOKEN=${begun.token} slipway whoami`} />
        <CodeBlock
          label={t('withApi')}
          code={`curl -H "Authorization: Bearer ${begun.token}" \\\n  "$SLIPWAY_API/api/v1/me"`}
        />
        <CodeBlock label={t('withKubectl')} code={`kubectl --as ${username} get pods -n <namespace>`} />
        <p className="muted">{t('told', { username })}</p>
        {end.error ? <ErrorBox error={end.error} /> : null}
      </div>
    </Dialog>
  );
}
