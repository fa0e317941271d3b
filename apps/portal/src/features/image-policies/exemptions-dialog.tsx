'use client';
import { useMutation, useQueryClient } from '@tanstack/react-query';
import { Button } from 'antd';
import { useTranslations } from 'next-intl';
import * as z from 'zod/mini';
import { useForm } from '@/lib/use-form';
import { useValidation } from '@/lib/use-validation';
import { ErrorBox } from '@/ui/error-box';
import { Field } from '@/ui/field';
import { FormDialog } from '@/ui/form-dialog';
import { Input } from '@/ui/input';
import { Time } from '@/ui/time';
import { endExemption, exempt, type ImagePolicy } from './queries';

const schema = z.object({
  image: z.string(),
  vulnerability: z.string(),
  reason: z.string().check(z.minLength(3, 'required')),
  expiresInDays: z.string(),
});
const initial = { image: '', vulnerability: '', reason: '', expiresInDays: '30' };

/** What a policy lets pass for a time: who said so, why, and until when. */
export function ExemptionsDialog({
  tenant,
  policy,
  canChange,
  onClose,
}: {
  tenant: string | undefined;
  policy: ImagePolicy;
  canChange: boolean;
  onClose: () => void;
}) {
  const t = useTranslations('imagePolicies');
  const client = useQueryClient();
  const form = useForm(schema, initial, useValidation());
  const renew = () => client.invalidateQueries({ queryKey: ['image-policies'] });
  const end = useMutation({ mutationFn: (id: string) => endExemption(tenant, policy.name, id), onSuccess: renew });
  const send = () =>
    form.submit(async ({ image, vulnerability, reason, expiresInDays }) => {
      await exempt(tenant, policy.name, {
        image: image.trim() || '*',
        vulnerability: vulnerability.trim() || undefined,
        reason,
        expiresInDays: Math.max(1, Number.parseInt(expiresInDays, 10) || 30),
      });
      await renew();
      form.reset();
    });
  const field = (name: keyof typeof initial, label: string, help?: string) => (
    <Field label={label} help={help} error={form.errorOf(name)}>
      {(control) => (
        <Input {...control} value={form.values[name]} onChange={(event) => form.set(name, event.target.value)} />
      )}
    </Field>
  );
  const isNameless = form.values.image.trim() === '' && form.values.vulnerability.trim() === '';
  return (
    <FormDialog
      open
      wide
      title={t('exemptionsOf', { name: policy.name })}
      onClose={onClose}
      form={form}
      onSubmit={canChange && !isNameless ? send : async () => undefined}
      cancel={t('close')}
      submit={t('exempt')}
    >
      {policy.exemptions.length === 0 && <p className="muted">{t('noExemptions')}</p>}
      <ul>
        {policy.exemptions.map((one) => (
          <li key={one.id}>
            <code>{one.vulnerability ?? one.image}</code>{' '}
            <span className="muted">
              {one.vulnerability && one.image !== '*' ? `${one.image} · ` : ''}
              {one.tenant ? `${one.tenant} · ` : ''}
              {one.reason} · {one.createdBy} · {t('until')} <Time at={one.expiresAt} />
            </span>{' '}
            {canChange && (
              <Button size="small" loading={end.isPending} onClick={() => end.mutate(one.id)}>
                {t('endExemption')}
              </Button>
            )}
          </li>
        ))}
      </ul>
      {end.error && <ErrorBox error={end.error} />}
      {canChange ? (
        <>
          {field('vulnerability', t('weakness'), t('weaknessHelp'))}
          {field('image', t('image'), t('imageHelp'))}
          {field('reason', t('reason'))}
          {field('expiresInDays', t('days'))}
        </>
      ) : (
        <p className="muted">{t('platformOwns')}</p>
      )}
    </FormDialog>
  );
}
