'use client';
import { useTranslations } from 'next-intl';
import { Select } from '@/ui/field';
import { Icon } from '@/ui/icon';
import { AddButtons, useNewKeys } from './form-list';
import { isTall, move, newStep, type StepDraft, stepKinds } from './step-draft';
import { StepFields } from './step-fields';

interface StepListProps {
  readonly steps: readonly StepDraft[];
  readonly onChange: (steps: readonly StepDraft[]) => void;
  readonly errorUnder: (path: string) => string | undefined;
  readonly errorOf: (path: string) => string | undefined;
}

/** The steps of a canary in their order: add, remove, move; each error at the step that it is about. */
export function StepList({ steps, onChange, errorUnder, errorOf }: StepListProps) {
  const t = useTranslations('strategy');
  const nextKey = useNewKeys();
  const add = (change: Partial<StepDraft>) => onChange([...steps, newStep(nextKey(), change)]);
  const change = (key: string, part: Partial<StepDraft>) =>
    onChange(steps.map((step) => (step.key === key ? { ...step, ...part } : step)));
  return (
    <div className="stack">
      <span className="field-label">{t('steps')}</span>
      {steps.length === 0 && <p className="muted">{t('noSteps')}</p>}
      <ol className="step-list" aria-label={t('steps')}>
        {steps.map((step, index) => (
          <li key={step.key} className={isTall(step.kind) ? 'step-row step-row-tall' : 'step-row'}>
            <span className="step-number tabular muted">{index + 1}</span>
            {step.kind === 'other' ? (
              <span className="muted">{t('kinds.other')}</span>
            ) : (
              <Select
                aria-label={t('kindOf', { number: index + 1 })}
                value={step.kind}
                onChange={(chosen) => change(step.key, { kind: stepKinds.find((kind) => kind === chosen) })}
                options={stepKinds.map((kind) => ({ value: kind, label: t(`kinds.${kind}`) }))}
              />
            )}
            <StepFields
              step={step}
              index={index}
              onChange={(part) => change(step.key, part)}
              errorUnder={errorUnder}
              errorOf={errorOf}
            />
            <span className="step-tools">
              <button
                type="button"
                className="icon-button"
                disabled={index === 0}
                aria-label={t('up', { number: index + 1 })}
                onClick={() => onChange(move(steps, index, index - 1))}
              >
                ↑
              </button>
              <button
                type="button"
                className="icon-button"
                disabled={index === steps.length - 1}
                aria-label={t('down', { number: index + 1 })}
                onClick={() => onChange(move(steps, index, index + 1))}
              >
                ↓
              </button>
              <button
                type="button"
                className="icon-button"
                aria-label={t('remove', { number: index + 1 })}
                onClick={() => onChange(steps.filter((one) => one.key !== step.key))}
              >
                <Icon name="close" size={13} />
              </button>
            </span>
          </li>
        ))}
      </ol>
      <AddButtons
        buttons={[
          { label: t('addWeight'), onAdd: () => add({ kind: 'setWeight' }) },
          { label: t('addPause'), onAdd: () => add({ kind: 'pause' }) },
          { label: t('addAnalysis'), onAdd: () => add({ kind: 'analysis' }) },
          { label: t('addOther'), onAdd: () => add({ kind: 'setCanaryScale', value: '1' }) },
        ]}
      />
      <p className="muted">{t('promoteAtEnd')}</p>
    </div>
  );
}
