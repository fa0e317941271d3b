'use client';
import { useTranslations } from 'next-intl';
import { Field, Select } from '@/ui/field';
import { Input } from '@/ui/input';
import { OptionalAnalysis } from './analysis-fields';
import {
  type ExperimentDraft,
  newExperimentAnalysis,
  newTemplate,
  specRefs,
  type TemplateDraft,
} from './experiment-draft';
import { AddButtons, FormEntry, ListError, useNewKeys } from './form-list';

/** What of a template is a number, and what stands for none. */
const amounts = [
  { of: 'replicas', inputMode: 'numeric', usual: '1' },
  { of: 'weight', inputMode: 'decimal', usual: '0' },
] as const;

interface ExperimentFieldsProps {
  readonly label: string;
  readonly experiment: ExperimentDraft;
  /** Its path in the strategy, as the API names it. */
  readonly path: string;
  readonly onChange: (experiment: ExperimentDraft) => void;
  readonly errorOf: (path: string) => string | undefined;
}

/** Which pods are started beside the slots, for how long, and what measures them. */
export function ExperimentFields({ label, experiment, path, onChange, errorOf }: ExperimentFieldsProps) {
  const t = useTranslations('strategy.experiment');
  const nextKey = useNewKeys();
  const { duration, templates, analysis } = experiment;
  const change = (key: string, part: Partial<TemplateDraft>) =>
    onChange({ ...experiment, templates: templates.map((one) => (one.key === key ? { ...one, ...part } : one)) });
  return (
    <fieldset className="analysis-form">
      <legend className="visually-hidden">{label}</legend>
      <p className="muted">{t('explanation')}</p>
      {templates.map((template, index) => (
        <FormEntry
          key={template.key}
          label={t('template', { number: index + 1 })}
          removeLabel={t('removeTemplate', { number: index + 1 })}
          onRemove={() => onChange({ ...experiment, templates: templates.filter(({ key }) => key !== template.key) })}
        >
          <div className="form-row">
            <Field label={t('name')} error={errorOf(`${path}.templates.${index}.name`)}>
              {(control) => (
                <Input
                  {...control}
                  className="mono"
                  value={template.name}
                  spellCheck={false}
                  onChange={(event) => change(template.key, { name: event.target.value })}
                />
              )}
            </Field>
            <Field label={t('specRef')}>
              {({ id }) => (
                <Select
                  id={id}
                  value={template.specRef}
                  onChange={(chosen) => change(template.key, { specRef: specRefs.find((one) => one === chosen) })}
                  options={specRefs.map((one) => ({ value: one, label: t(`specRefs.${one}`) }))}
                />
              )}
            </Field>
            {amounts.map(({ of, inputMode, usual }) => (
              <Field key={of} label={t(of)} error={errorOf(`${path}.templates.${index}.${of}`)}>
                {(control) => (
                  <Input
                    {...control}
                    className="tabular"
                    inputMode={inputMode}
                    placeholder={usual}
                    value={template[of]}
                    onChange={(event) => change(template.key, { [of]: event.target.value })}
                  />
                )}
              </Field>
            ))}
          </div>
        </FormEntry>
      ))}
      <ListError message={errorOf(`${path}.templates`) ?? errorOf(path)} />
      <AddButtons
        buttons={[
          {
            label: t('addTemplate'),
            onAdd: () => onChange({ ...experiment, templates: [...templates, newTemplate(nextKey())] }),
          },
        ]}
      />
      <div className="form-row">
        <Field label={t('duration')} help={t('durationHelp')} error={errorOf(`${path}.duration`)}>
          {(control) => (
            <Input
              {...control}
              className="mono"
              value={duration}
              placeholder={t('untilMeasured')}
              onChange={(event) => onChange({ ...experiment, duration: event.target.value })}
            />
          )}
        </Field>
      </div>
      <OptionalAnalysis
        label={t('analysis')}
        help={t('analysisHelp')}
        analysis={analysis}
        path={`${path}.analysis`}
        onToggle={(isOn) =>
          onChange({ duration, templates, ...(isOn ? { analysis: newExperimentAnalysis(templates) } : {}) })
        }
        onChange={(next) => onChange({ ...experiment, analysis: next })}
        errorOf={errorOf}
      />
    </fieldset>
  );
}
