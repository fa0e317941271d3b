'use client';
import { useTranslations } from 'next-intl';
import { useId } from 'react';
import { Select } from '@/ui/field';
import { Input } from '@/ui/input';
import { AnalysisFields } from './analysis-fields';
import { ExperimentFields } from './experiment-fields';
import { isTall, matchKinds, type StepDraft, scaleKinds } from './step-draft';

interface StepFieldsProps {
  readonly step: StepDraft;
  readonly index: number;
  readonly onChange: (change: Partial<StepDraft>) => void;
  /** The first message about this path or what is in it. */
  readonly errorUnder: (path: string) => string | undefined;
  /** The message about this path itself. */
  readonly errorOf: (path: string) => string | undefined;
}

/** The fields of one step, with the first of its errors. */
export function StepFields({ step, index, onChange, errorUnder, errorOf }: StepFieldsProps) {
  const t = useTranslations('strategy');
  const note = useId();
  const path = `strategy.steps.${index}`;
  const error = isTall(step.kind) ? errorOf(path) : errorUnder(path);
  const control = {
    'aria-describedby': note,
    'aria-invalid': error ? true : undefined,
    status: error ? 'error' : '',
  } as const;
  const text = (key: 'value' | 'name' | 'headerName' | 'headerValue', label: string, placeholder?: string) => (
    <Input
      {...control}
      aria-label={`${label} (${index + 1})`}
      className="mono"
      value={step[key]}
      placeholder={placeholder ?? label}
      spellCheck={false}
      onChange={(event) => onChange({ [key]: event.target.value })}
    />
  );
  return (
    <div className="step-fields">
      <div className="step-inputs">
        {step.kind === 'setWeight' && (
          <>
            {text('value', t('weight'), '10')}
            <span className="muted">%</span>
          </>
        )}
        {step.kind === 'pause' && text('value', t('duration'), t('untilPromoted'))}
        {step.kind === 'setCanaryScale' && (
          <>
            <Select
              aria-label={`${t('scaleBy')} (${index + 1})`}
              value={step.scaleBy}
              onChange={(chosen) => onChange({ scaleBy: scaleKinds.find((kind) => kind === chosen) })}
              options={scaleKinds.map((kind) => ({ value: kind, label: t(`scales.${kind}`) }))}
            />
            {step.scaleBy !== 'matchTrafficWeight' && text('value', t(`scales.${step.scaleBy}`), '1')}
          </>
        )}
        {step.kind === 'setMirrorRoute' && (
          <>
            {text('name', t('routeName'))}
            {text('value', t('percentage'), t('takeAway'))}
            <span className="muted">%</span>
          </>
        )}
        {step.kind === 'setHeaderRoute' && (
          <>
            {text('name', t('routeName'))}
            {text('headerName', t('headerName'), 'X-Canary')}
            <Select
              aria-label={`${t('matchBy')} (${index + 1})`}
              value={step.match}
              onChange={(chosen) => onChange({ match: matchKinds.find((kind) => kind === chosen) })}
              options={matchKinds.map((kind) => ({ value: kind, label: t(`matches.${kind}`) }))}
            />
            {text('headerValue', t('headerValue'))}
          </>
        )}
        {step.kind === 'analysis' && (
          <AnalysisFields
            label={t('analysisOf', { number: index + 1 })}
            analysis={step.analysis}
            path={`${path}.analysis`}
            onChange={(analysis) => onChange({ analysis })}
            errorOf={errorOf}
          />
        )}
        {step.kind === 'experiment' && (
          <ExperimentFields
            label={t('experimentOf', { number: index + 1 })}
            experiment={step.experiment}
            path={`${path}.experiment`}
            onChange={(experiment) => onChange({ experiment })}
            errorOf={errorOf}
          />
        )}
        {step.kind === 'other' && <code className="break">{JSON.stringify(step.given)}</code>}
      </div>
      <span id={note} className="field-error" role={error ? 'alert' : undefined}>
        {error}
      </span>
    </div>
  );
}
