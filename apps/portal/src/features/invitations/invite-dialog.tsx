'use client';
import { useQuery, useQueryClient } from '@tanstack/react-query';
import { Button } from 'antd';
import { useTranslations } from 'next-intl';
import { useState } from 'react';
import * as z from 'zod/mini';
import { projectsQuery } from '@/features/projects/queries';
import { type Role, roles } from '@/lib/contract';
import { useForm } from '@/lib/use-form';
import { useValidation } from '@/lib/use-validation';
import { CodeBlock } from '@/ui/copy';
import { Dialog } from '@/ui/dialog';
import { Field, Select } from '@/ui/field';
import { FormDialog } from '@/ui/form-dialog';
import { TextField } from '@/ui/text-field';
import { invitationsKey, invite } from './queries';

const schema = z.object({
  email: z.string().check(z.email('email')),
  role: z.enum(roles),
  project: z.string(),
  message: z.string(),
  days: z.string(),
});

/** A mail with a link that gives a role once; the link is shown too, for where no mail goes out. */
export function InviteDialog({ tenant, open, onClose }: { tenant: string; open: boolean; onClose: () => void }) {
  const t = useTranslations('invitations');
  const access = useTranslations('access');
  const client = useQueryClient();
  const projects = useQuery({ ...projectsQuery(tenant), enabled: open }).data ?? [];
  const [link, setLink] = useState<string>();
  const form = useForm<{ email: string; role: Role; project: string; message: string; days: string }>(
    schema,
    { email: '', role: 'developer', project: '', message: '', days: '7' },
    useValidation(),
  );
  const { role, project, days } = form.values;
  const send = () =>
    form.submit(async (values) => {
      const { link: made } = await invite(tenant, {
        email: values.email,
        role: values.role,
        message: values.message,
        expiresInDays: Number(values.days),
        ...(values.project ? { project: values.project } : {}),
      });
      await client.invalidateQueries({ queryKey: invitationsKey(tenant) });
      form.reset();
      setLink(made);
    });
  const close = () => {
    setLink(undefined);
    onClose();
  };
  if (link !== undefined) return <SentLink link={link} onClose={close} />;
  return (
    <FormDialog open={open} title={t('invite')} onClose={close} form={form} onSubmit={send} submit={t('send')}>
      <TextField form={form} name="email" label={t('email')} />
      <Field label={t('role')}>
        {({ id }) => (
          <Select
            id={id}
            value={role}
            onChange={(to) => form.set('role', roles.find((one) => one === to) ?? 'developer')}
            options={roles.map((one) => ({ value: one, label: access(`roles.${one}`) }))}
          />
        )}
      </Field>
      <Field label={t('project')}>
        {({ id }) => (
          <Select
            id={id}
            value={project}
            onChange={(to) => form.set('project', to)}
            options={[
              { value: '', label: t('wholeTenant') },
              ...projects.map(({ name }) => ({ value: name, label: name })),
            ]}
          />
        )}
      </Field>
      <Field label={t('days')}>
        {({ id }) => (
          <Select
            id={id}
            value={days}
            onChange={(to) => form.set('days', to)}
            options={['1', '7', '30'].map((count) => ({
              value: count,
              label: t('dayCount', { count: Number(count) }),
            }))}
          />
        )}
      </Field>
      <TextField form={form} name="message" label={t('message')} isProse />
    </FormDialog>
  );
}

export function SentLink({ link, onClose }: { link: string; onClose: () => void }) {
  const t = useTranslations('invitations');
  return (
    <Dialog open title={t('invite')} onClose={onClose} footer={<Button onClick={onClose}>{t('done')}</Button>}>
      <p>{t('link')}</p>
      <CodeBlock code={link} />
    </Dialog>
  );
}
