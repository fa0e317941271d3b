'use client';
import { useQueryClient } from '@tanstack/react-query';
import { Button } from 'antd';
import { useTranslations } from 'next-intl';
import { useState } from 'react';
import * as z from 'zod/mini';
import { useForm } from '@/lib/use-form';
import { useValidation } from '@/lib/use-validation';
import { CodeBlock } from '@/ui/copy';
import { Dialog } from '@/ui/dialog';
import { Field, Select } from '@/ui/field';
import { FormDialog } from '@/ui/form-dialog';
import { Input } from '@/ui/input';
import { TextField } from '@/ui/text-field';
import { createStream } from './queries';

const types = ['webhook', 'syslog', 's3'] as const;
const text = z.string();
const schema = z.object({
  name: z.string().check(z.minLength(1, 'required')),
  type: z.enum(types),
  address: z.string().check(z.minLength(1, 'required')),
  port: text,
  bucket: text,
  region: text,
  prefix: text,
  accessKeyId: text,
  secretAccessKey: text,
});
type Values = z.infer<typeof schema>;
const empty: Values = {
  name: '',
  type: 'webhook',
  address: '',
  port: '6514',
  bucket: '',
  region: 'us-east-1',
  prefix: '',
  accessKeyId: '',
  secretAccessKey: '',
};

/** A webhook's secret is shown once, when it is made. */
export function StreamDialog({ tenant, onClose }: { tenant: string | undefined; onClose: () => void }) {
  const t = useTranslations('auditStreams');
  const client = useQueryClient();
  const [secret, setSecret] = useState<string>();
  const form = useForm(schema, empty, useValidation());
  const send = () =>
    form.submit(async (values) => {
      const { name, type, secretAccessKey } = values;
      const target = toTarget(values);
      const made = await createStream(tenant, { name, target, ...(type === 's3' && { secretAccessKey }) });
      await client.invalidateQueries({ queryKey: ['audit-streams'] });
      if (made.webhookSecret) setSecret(made.webhookSecret);
      else onClose();
    });
  const { type } = form.values;
  if (secret)
    return (
      <Dialog open title={t('create')} onClose={onClose} footer={<Button onClick={onClose}>{t('done')}</Button>}>
        <div className="stack">
          <p role="status">{t('once')}</p>
          <CodeBlock code={secret} />
        </div>
      </Dialog>
    );
  return (
    <FormDialog open title={t('create')} onClose={onClose} form={form} onSubmit={send} submit={t('create')}>
      <TextField form={form} name="name" label={t('name')} />
      <Field label={t('type')} error={form.errorOf('type')}>
        {({ id }) => (
          <Select
            id={id}
            value={type}
            onChange={(next) => form.set('type', types.find((one) => one === next) ?? 'webhook')}
            options={types.map((value) => ({ value, label: t(`types.${value}`) }))}
          />
        )}
      </Field>
      <TextField form={form} name="address" label={t(`addresses.${type}`)} />
      {type === 'syslog' && <TextField form={form} name="port" label={t('port')} help={t('portHelp')} />}
      {type === 's3' && (
        <>
          <TextField form={form} name="bucket" label={t('bucket')} />
          <TextField form={form} name="region" label={t('region')} />
          <TextField form={form} name="prefix" label={t('prefix')} />
          <TextField form={form} name="accessKeyId" label={t('accessKeyId')} />
          <Field label={t('secretAccessKey')} help={t('secretHelp')} error={form.errorOf('secretAccessKey')}>
            {(control) => (
              <Input
                {...control}
                type="password"
                value={form.values.secretAccessKey}
                onChange={(event) => form.set('secretAccessKey', event.target.value)}
                autoComplete="new-password"
              />
            )}
          </Field>
        </>
      )}
    </FormDialog>
  );
}

function toTarget({ type, address, port, bucket, region, prefix, accessKeyId }: Values) {
  switch (type) {
    case 'webhook':
      return { type, url: address };
    case 'syslog':
      return { type, host: address, port: Number(port), tls: true };
    case 's3':
      return { type, endpoint: address, bucket, region, prefix, accessKeyId };
  }
}
