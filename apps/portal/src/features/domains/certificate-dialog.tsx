'use client';
import { Button } from 'antd';
import { useTranslations } from 'next-intl';
import { useState } from 'react';
import * as z from 'zod/mini';
import type { Domain } from '@/lib/contract';
import type { ApplicationRef } from '@/lib/paths';
import { useForm } from '@/lib/use-form';
import { useValidation } from '@/lib/use-validation';
import { useAnnounce } from '@/ui/announcer';
import { Field, Select } from '@/ui/field';
import { FormDialog } from '@/ui/form-dialog';
import { TextField } from '@/ui/text-field';
import { removeCertificate, setCertificate } from './queries';

const schema = z.object({ certificate: z.string(), privateKey: z.string(), secret: z.string() });
type Source = 'upload' | 'secret';

interface CertificateDialogProps {
  readonly application: ApplicationRef;
  readonly domain: Domain;
  readonly onClose: () => void;
  readonly onChanged: () => Promise<unknown>;
}

/** Gives a host name a certificate: uploaded, or a Secret of the namespace. A key that was sent is never shown again. */
export function CertificateDialog({ application: ref, domain, onClose, onChanged }: CertificateDialogProps) {
  const t = useTranslations('domains');
  const announce = useAnnounce();
  const { hostname, certificate } = domain;
  const named = certificate && !certificate.uploaded ? certificate.secret : '';
  const [source, setSource] = useState<Source>(named ? 'secret' : 'upload');
  const form = useForm(schema, { certificate: '', privateKey: '', secret: named }, useValidation());
  const { values } = form;
  const isEmpty = source === 'secret' ? !values.secret : !values.certificate || !values.privateKey;
  const done = async (sentence: string) => {
    await onChanged();
    announce(sentence);
    onClose();
  };
  const send = () =>
    form.submit(async ({ certificate: chain, privateKey, secret }) => {
      if (isEmpty) return;
      await setCertificate(ref, hostname, source === 'secret' ? { secret } : { certificate: chain, privateKey });
      await done(t('certificateSet', { hostname }));
    });
  const takeAway = () =>
    form.submit(async () => {
      await removeCertificate(ref, hostname);
      await done(t('certificateRemoved', { hostname }));
    });
  const pem = (name: 'certificate' | 'privateKey', label: string, help: string) => (
    <Field label={label} help={help} error={form.errorOf(name)}>
      {({ status: _, ...control }) => (
        <textarea
          {...control}
          className="text-area mono"
          rows={6}
          spellCheck={false}
          autoComplete="off"
          value={values[name]}
          onChange={(event) => form.set(name, event.target.value)}
        />
      )}
    </Field>
  );
  return (
    <FormDialog
      open
      wide
      title={t('certificateOf', { hostname })}
      onClose={onClose}
      form={form}
      onSubmit={send}
      submit={t('certificateVerb')}
      isEmpty={isEmpty}
    >
      {certificate && (
        <p>
          {t('certificateNow', { secret: certificate.secret })} {certificate.message}{' '}
          <Button size="small" onClick={() => void takeAway()}>
            {t('certificateRemove')}
          </Button>
        </p>
      )}
      <Field label={t('source')}>
        {({ status: _, 'aria-invalid': __, ...control }) => (
          <Select
            {...control}
            value={source}
            onChange={(value) => setSource(value === 'secret' ? 'secret' : 'upload')}
            options={[
              { value: 'upload', label: t('sourceUpload') },
              { value: 'secret', label: t('sourceSecret') },
            ]}
          />
        )}
      </Field>
      {source === 'secret' ? (
        <TextField form={form} name="secret" label={t('secret')} help={t('secretHelp')} />
      ) : (
        <>
          {pem('certificate', t('chain'), t('chainHelp'))}
          {pem('privateKey', t('privateKey'), t('privateKeyHelp'))}
        </>
      )}
    </FormDialog>
  );
}
