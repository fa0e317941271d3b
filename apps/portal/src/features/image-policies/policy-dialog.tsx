'use client';
import { useMutation, useQueryClient } from '@tanstack/react-query';
import { Button } from 'antd';
import { useTranslations } from 'next-intl';
import { useForm } from '@/lib/use-form';
import { useValidation } from '@/lib/use-validation';
import { ErrorBox } from '@/ui/error-box';
import { Field, Select } from '@/ui/field';
import { FormDialog } from '@/ui/form-dialog';
import { Input } from '@/ui/input';
import { DryRunResult } from './dry-run-result';
import { bounds, kinds, modes, presets, schema, toRules, toValues, type Values } from './policy-form';
import { createPolicy, type ImagePolicy, tryPolicy, updatePolicy } from './queries';

interface Props {
  readonly tenant: string | undefined;
  /** The policy to change; none: a new one. */
  readonly policy?: ImagePolicy;
  readonly onClose: () => void;
}
type Flag = 'requireDigest' | 'refuseUnreported' | 'onlyFixable' | 'onlyPlatformReports';

/** Makes or changes a policy; beforehand it can be tried on the images that run. Mounted when it is opened. */
export function PolicyDialog({ tenant, policy, onClose }: Props) {
  const t = useTranslations('imagePolicies');
  const client = useQueryClient();
  const form = useForm<Values>(schema, toValues(policy), useValidation());
  const { values } = form;
  const dryRun = useMutation({ mutationFn: () => tryPolicy(tenant, toRules(values, policy), policy?.name) });
  const send = () =>
    form.submit(async () => {
      const rules = toRules(values, policy);
      await (policy ? updatePolicy(tenant, policy.name, rules) : createPolicy(tenant, { name: values.name, ...rules }));
      await client.invalidateQueries({ queryKey: ['image-policies'] });
      onClose();
    });
  const apply = (preset: Partial<Values>) => {
    const next = { ...toValues(undefined), ...preset };
    for (const name of ['kind', 'registries'] as const) form.set(name, next[name]);
    for (const name of ['requireDigest', 'refuseUnreported', 'onlyFixable'] as const) form.set(name, next[name]);
    form.set('maxSeverity', next.maxSeverity);
  };
  const text = (name: 'name' | 'description' | 'registries' | 'keyName' | 'maxCount', label: string, help?: string) => (
    <Field label={label} help={help} error={form.errorOf(name)}>
      {(control) => (
        <Input
          {...control}
          value={values[name]}
          disabled={name === 'name' && policy !== undefined}
          onChange={(event) => form.set(name, event.target.value)}
          autoComplete="off"
          spellCheck={false}
        />
      )}
    </Field>
  );
  const flag = (name: Flag, label: string) => (
    <label className="check">
      <input type="checkbox" checked={values[name]} onChange={(event) => form.set(name, event.target.checked)} />{' '}
      {label}
    </label>
  );
  return (
    <FormDialog
      open
      wide
      title={policy ? t('editTitle', { name: policy.name }) : t('create')}
      onClose={onClose}
      form={form}
      onSubmit={send}
      cancel={t('cancel')}
      submit={policy ? t('save') : t('create')}
    >
      {!policy && (
        <div className="page-actions">
          <span className="muted">{t('presets')}</span>
          {(['own', 'mended', 'strict'] as const).map((preset) => (
            <Button key={preset} size="small" onClick={() => apply(presets[preset])}>
              {t(`presetNames.${preset}`)}
            </Button>
          ))}
        </div>
      )}
      {text('name', t('name'))}
      {text('description', t('why'))}
      <Field label={t('mode')} help={t(`modeHelp.${values.mode}`)}>
        {({ id }) => (
          <Select
            id={id}
            value={values.mode}
            onChange={(value) => form.set('mode', modes.find((mode) => mode === value) ?? 'warn')}
            options={modes.map((value) => ({ value, label: t(`modes.${value}`) }))}
          />
        )}
      </Field>
      <Field label={t('where')}>
        {({ id }) => (
          <Select
            id={id}
            value={values.kind}
            onChange={(value) => form.set('kind', value)}
            options={[
              { value: '', label: t('everywhere') },
              ...kinds.map((value) => ({ value, label: t(`kinds.${value}`) })),
              ...(values.kind.includes(' ') ? [{ value: values.kind, label: values.kind }] : []),
            ]}
          />
        )}
      </Field>
      {text('registries', t('registries'), t('registriesHelp'))}
      {flag('requireDigest', t('requireDigest'))}
      <Field label={t('maxSeverity')} help={t('maxSeverityHelp')}>
        {({ id }) => (
          <Select
            id={id}
            value={values.maxSeverity}
            onChange={(value) => form.set('maxSeverity', bounds.find((bound) => bound === value) ?? 'off')}
            options={bounds.map((value) => ({ value, label: t(`bounds.${value}`) }))}
          />
        )}
      </Field>
      {values.maxSeverity !== 'off' && (
        <>
          {text('maxCount', t('maxCount'))}
          {flag('onlyFixable', t('onlyFixable'))}
          {flag('refuseUnreported', t('refuseUnreported'))}
          {flag('onlyPlatformReports', t('onlyPlatformReports'))}
        </>
      )}
      <Field label={t('publicKey')} help={t('publicKeyHelp')} error={form.errorOf('publicKey')}>
        {({ id, ...control }) => (
          <textarea
            id={id}
            aria-describedby={control['aria-describedby']}
            className="select"
            rows={3}
            value={values.publicKey}
            onChange={(event) => form.set('publicKey', event.target.value)}
            spellCheck={false}
          />
        )}
      </Field>
      {values.publicKey.trim() !== '' && text('keyName', t('keyName'))}
      <div>
        <Button loading={dryRun.isPending} onClick={() => dryRun.mutate()}>
          {t('tryIt')}
        </Button>
      </div>
      {dryRun.error && <ErrorBox error={dryRun.error} />}
      {dryRun.data && <DryRunResult result={dryRun.data} />}
    </FormDialog>
  );
}
