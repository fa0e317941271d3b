'use client';
import { useQueryClient } from '@tanstack/react-query';
import { useTranslations } from 'next-intl';
import { useState } from 'react';
import type { Freeze } from '@/lib/contract';
import { useForm } from '@/lib/use-form';
import { useValidation } from '@/lib/use-validation';
import { Check } from '@/ui/check';
import { Field, Select } from '@/ui/field';
import { FormDialog } from '@/ui/form-dialog';
import { Input } from '@/ui/input';
import { TextField } from '@/ui/text-field';
import {
  emptyFreeze,
  environmentKinds,
  type FreezeForm,
  freezeSchema,
  toFreezeChange,
  toFreezeForm,
  toNewFreeze,
} from './freeze-form';
import { createFreeze, type FreezeOwner, freezesKey, updateFreeze } from './queries';

interface FreezeDialogProps {
  readonly tenant: FreezeOwner;
  /** The one to change; none: a new one. */
  readonly freeze?: Freeze;
  readonly open: boolean;
  readonly onClose: () => void;
}

/** When, why and where nothing new is rolled out. */
export function FreezeDialog({ tenant, freeze, open, onClose }: FreezeDialogProps) {
  const t = useTranslations('freezes');
  const client = useQueryClient();
  const [zone] = useState(() => Intl.DateTimeFormat().resolvedOptions().timeZone);
  const form = useForm<FreezeForm>(
    freezeSchema,
    freeze ? toFreezeForm(freeze, zone) : emptyFreeze(zone),
    useValidation(),
  );
  const { kind, environmentKinds: kinds, allowRollback } = form.values;
  const send = () =>
    form.submit(async (values) => {
      if (freeze) await updateFreeze(tenant, freeze, toFreezeChange(values, freeze));
      else await createFreeze(tenant, toNewFreeze(values));
      // What is refused on the application's pages changes with it.
      await client.invalidateQueries({ queryKey: tenant === undefined ? freezesKey(tenant) : ['t', tenant] });
      form.reset();
      onClose();
    });
  const moment = (name: 'from' | 'to') => (
    <Field label={t(name)} help={t('yourZone', { zone })} error={form.errorOf(name)}>
      {(control) => (
        <Input
          {...control}
          type="datetime-local"
          value={form.values[name]}
          onChange={(event) => form.set(name, event.target.value)}
        />
      )}
    </Field>
  );
  return (
    <FormDialog
      open={open}
      wide
      title={freeze ? t('edit', { name: freeze.name }) : t('create')}
      onClose={onClose}
      form={form}
      onSubmit={send}
      submit={t(freeze ? 'saveVerb' : 'createVerb')}
    >
      {!freeze && <TextField form={form} name="name" label={t('name')} help={t('nameHelp')} />}
      <TextField form={form} name="reason" label={t('reason')} help={t('reasonHelp')} isProse />
      <Field label={t('kind')}>
        {({ id }) => (
          <Select
            id={id}
            value={kind}
            onChange={(to) => form.set('kind', to === 'once' ? 'once' : 'again')}
            options={[
              { value: 'again', label: t('again') },
              { value: 'once', label: t('once') },
            ]}
          />
        )}
      </Field>
      {kind === 'again' ? (
        <>
          <TextField form={form} name="cron" label={t('cron')} help={t('cronHelp')} />
          <div className="form-row">
            <TextField form={form} name="hours" label={t('hours')} />
            <TextField form={form} name="timeZone" label={t('zone')} help={t('zoneHelp')} />
          </div>
        </>
      ) : (
        <div className="form-row">
          {moment('from')}
          {moment('to')}
        </div>
      )}
      <fieldset className="plain-fieldset">
        <legend className="field-label">{t('kinds')}</legend>
        <div className="button-row">
          {environmentKinds.map((one) => (
            <label key={one} className="check">
              <input
                type="checkbox"
                checked={kinds.includes(one)}
                onChange={(event) =>
                  form.set(
                    'environmentKinds',
                    event.target.checked ? [...kinds, one] : kinds.filter((other) => other !== one),
                  )
                }
              />
              {t(`kindNames.${one}`)}
            </label>
          ))}
        </div>
        <span className="field-help">{t('kindsHelp')}</span>
      </fieldset>
      {tenant !== undefined && (
        <div className="form-row">
          <TextField form={form} name="projects" label={t('projects')} help={t('projectsHelp')} />
          <TextField form={form} name="applications" label={t('applications')} help={t('applicationsHelp')} />
        </div>
      )}
      <Check checked={allowRollback} onChange={(isOn) => form.set('allowRollback', isOn)}>
        {t('allowRollback')}
      </Check>
    </FormDialog>
  );
}
