'use client';
import { useTranslations } from 'next-intl';
import { Check } from '@/ui/check';
import { Field, Select } from '@/ui/field';
import { Input } from '@/ui/input';
import { type AnalysisDraft, inconclusiveChoices, type MetricDraft, newMetric } from './analysis-draft';
import { AddButtons, FormEntry, ListError, useNewKeys } from './form-list';
import { MetricFields } from './metric-fields';

interface AnalysisFieldsProps {
  readonly label: string;
  readonly analysis: AnalysisDraft;
  /** Its path in the strategy, as the API names it. */
  readonly path: string;
  /** Beside the steps it has no length of its own. */
  readonly isBackground?: boolean;
  readonly onChange: (analysis: AnalysisDraft) => void;
  readonly errorOf: (path: string) => string | undefined;
}

type SettingKey = Exclude<keyof AnalysisDraft, 'metrics' | 'onInconclusive'>;

/** What an analysis measures, and when it has seen enough. Each message of the API stands at its field. */
export function AnalysisFields({ label, analysis, path, isBackground, onChange, errorOf }: AnalysisFieldsProps) {
  const t = useTranslations('analysisForm');
  const nextKey = useNewKeys();
  const { metrics } = analysis;
  const change = (key: string, part: Partial<MetricDraft>) =>
    onChange({ ...analysis, metrics: metrics.map((metric) => (metric.key === key ? { ...metric, ...part } : metric)) });
  const add = (part: Partial<MetricDraft>) =>
    onChange({ ...analysis, metrics: [...metrics, newMetric(nextKey(), part)] });
  const text = (key: SettingKey, fallback: string, at: string = key) => (
    <Field label={t(`settings.${key}`)} error={errorOf(`${path}.${at}`)}>
      {(control) => (
        <Input
          {...control}
          className="tabular"
          value={analysis[key]}
          placeholder={fallback}
          onChange={(event) => onChange({ ...analysis, [key]: event.target.value })}
        />
      )}
    </Field>
  );
  return (
    <fieldset className="analysis-form">
      <legend className="visually-hidden">{label}</legend>
      {metrics.map((metric, index) => (
        <FormEntry
          key={metric.key}
          label={t('metric', { number: index + 1 })}
          removeLabel={t('removeMetric', { number: index + 1 })}
          onRemove={() => onChange({ ...analysis, metrics: metrics.filter(({ key }) => key !== metric.key) })}
        >
          <MetricFields
            metric={metric}
            path={`${path}.metrics.${index}`}
            onChange={(part) => change(metric.key, part)}
            errorOf={errorOf}
          />
        </FormEntry>
      ))}
      <ListError message={errorOf(`${path}.metrics`) ?? errorOf(path)} />
      <AddButtons
        buttons={[
          { label: t('addBuiltIn'), onAdd: () => add({ kind: 'request-duration' }) },
          { label: t('addOwn'), onAdd: () => add({ kind: 'prometheus' }) },
        ]}
      />
      <div className="form-row">
        {isBackground ? (
          text('startingStep', '0')
        ) : (
          <>
            {text('interval', '10s')}
            {text('count', '6')}
          </>
        )}
        {text('minimumSamples', '50')}
        {text('falseAlarmRate', '0.01')}
        <Field label={t('settings.onInconclusive')} error={errorOf(`${path}.onInconclusive`)}>
          {({ id }) => (
            <Select
              id={id}
              value={analysis.onInconclusive}
              onChange={(chosen) =>
                onChange({ ...analysis, onInconclusive: inconclusiveChoices.find((one) => one === chosen) ?? '' })
              }
              options={inconclusiveChoices.map((one) => ({ value: one, label: t(`inconclusive.${one || 'default'}`) }))}
            />
          )}
        </Field>
      </div>
      {analysis.onInconclusive === 'synthetic' && (
        <div className="form-row">
          {text('path', '/', 'syntheticTraffic.path')}
          {text('requestsPerSecond', '10', 'syntheticTraffic.requestsPerSecond')}
        </div>
      )}
    </fieldset>
  );
}

/** An analysis that a strategy may have or not. */
export function OptionalAnalysis({
  label,
  help,
  analysis,
  onToggle,
  ...rest
}: Omit<AnalysisFieldsProps, 'analysis'> & {
  readonly help: string;
  readonly analysis: AnalysisDraft | undefined;
  readonly onToggle: (isOn: boolean) => void;
}) {
  return (
    <div className="stack">
      <Check checked={analysis !== undefined} onChange={onToggle}>
        {label}
      </Check>
      {analysis ? (
        <AnalysisFields label={label} analysis={analysis} {...rest} />
      ) : (
        <span className="field-help">{help}</span>
      )}
    </div>
  );
}
