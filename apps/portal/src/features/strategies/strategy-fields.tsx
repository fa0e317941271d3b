'use client';
import { useTranslations } from 'next-intl';
import { Check } from '@/ui/check';
import { Field, Select } from '@/ui/field';
import { Input } from '@/ui/input';
import { newAnalysis } from './analysis-draft';
import { OptionalAnalysis } from './analysis-fields';
import { MatchList } from './match-fields';
import { type AnalysisPlace, editableTypes, type StrategyDraft } from './strategy-draft';

interface FieldsProps {
  readonly draft: StrategyDraft;
  readonly onChange: (change: Partial<StrategyDraft>) => void;
  readonly errorOf: (path: string) => string | undefined;
}

const stickyKinds = ['', 'gateway', 'cookie', 'header'] as const;

/** What a strategy has beside its steps. */
export function StrategyFields({ draft, onChange, errorOf }: FieldsProps) {
  const t = useTranslations('strategy');
  const { type } = draft;
  return (
    <>
      <Field label={t('type')} help={type === 'other' ? undefined : t(`explanations.${type}`)}>
        {({ id, 'aria-describedby': describedBy }) => (
          <Select
            id={id}
            aria-describedby={describedBy}
            value={type}
            onChange={(chosen) => {
              const next = editableTypes.find((one) => one === chosen);
              if (next) onChange({ type: next });
            }}
            options={editableTypes.map((one) => ({ value: one, label: t(`types.${one}`) }))}
          />
        )}
      </Field>
      {(type === 'rolling' || type === 'recreate') && (
        <Check checked={draft.isRolledBack} onChange={(isOn) => onChange({ isRolledBack: isOn })}>
          {t('rollbackOnFailure')}
        </Check>
      )}
      {type === 'blueGreen' && <BlueGreenFields draft={draft} onChange={onChange} errorOf={errorOf} />}
      {(type === 'abTest' || type === 'mirror') && (
        <TrialFields type={type} draft={draft} onChange={onChange} errorOf={errorOf} />
      )}
      {type === 'canary' && (
        <div className="form-row">
          <Field label={t('stickyBy')} help={t('stickyHelp')}>
            {({ id, 'aria-describedby': describedBy }) => (
              <Select
                id={id}
                aria-describedby={describedBy}
                value={draft.stickyBy}
                onChange={(chosen) => onChange({ stickyBy: stickyKinds.find((kind) => kind === chosen) ?? '' })}
                options={stickyKinds.map((kind) => ({ value: kind, label: t(`sticky.${kind || 'none'}`) }))}
              />
            )}
          </Field>
          {(draft.stickyBy === 'cookie' || draft.stickyBy === 'header') && (
            <Field label={t(`stickyNames.${draft.stickyBy}`)} error={errorOf('strategy.stickyBy')}>
              {(control) => (
                <Input
                  {...control}
                  className="mono"
                  value={draft.stickyName}
                  spellCheck={false}
                  onChange={(event) => onChange({ stickyName: event.target.value })}
                />
              )}
            </Field>
          )}
          <DelayField draft={draft} onChange={onChange} errorOf={errorOf} />
        </div>
      )}
    </>
  );
}

/** An analysis beside the steps or around the promotion. */
export function AnalysisPlaceFields({
  place,
  draft,
  onChange,
  errorOf,
}: FieldsProps & { readonly place: AnalysisPlace }) {
  const t = useTranslations('analysisForm');
  const put = (analysis: StrategyDraft['analyses'][AnalysisPlace]) => {
    const { [place]: _, ...others } = draft.analyses;
    onChange({ analyses: analysis ? { ...others, [place]: analysis } : others });
  };
  return (
    <OptionalAnalysis
      label={t(`places.${place}`)}
      help={t(`placesHelp.${place}`)}
      analysis={draft.analyses[place]}
      path={`strategy.${place}`}
      isBackground={place === 'analysis'}
      onToggle={(isOn) => put(isOn ? newAnalysis() : undefined)}
      onChange={put}
      errorOf={errorOf}
    />
  );
}

function BlueGreenFields({ draft, onChange, errorOf }: FieldsProps) {
  const t = useTranslations('strategy');
  return (
    <>
      <Check checked={draft.isAutomatic} onChange={(isOn) => onChange({ isAutomatic: isOn })}>
        {t('automatic')}
      </Check>
      <div className="form-row">
        {draft.isAutomatic && (
          <Field
            label={t('autoPromotionSeconds')}
            help={t('autoPromotionHelp')}
            error={errorOf('strategy.autoPromotionSeconds')}
          >
            {(control) => (
              <Input
                {...control}
                className="tabular"
                inputMode="numeric"
                value={draft.autoPromotionSeconds}
                onChange={(event) => onChange({ autoPromotionSeconds: event.target.value })}
              />
            )}
          </Field>
        )}
        <Field label={t('previewReplicaCount')} help={t('previewHelp')} error={errorOf('strategy.previewReplicaCount')}>
          {(control) => (
            <Input
              {...control}
              className="tabular"
              inputMode="numeric"
              value={draft.previewReplicaCount}
              onChange={(event) => onChange({ previewReplicaCount: event.target.value })}
            />
          )}
        </Field>
        <DelayField draft={draft} onChange={onChange} errorOf={errorOf} />
      </div>
    </>
  );
}

/** Of an A/B test and a mirror: who or how much, for how long, and what comes then. */
function TrialFields({ type, draft, onChange, errorOf }: FieldsProps & { readonly type: 'abTest' | 'mirror' }) {
  const t = useTranslations('strategy');
  const text = (key: 'percentage' | 'duration' | 'replicas', label: string, help?: string, placeholder?: string) => (
    <Field label={label} help={help} error={errorOf(`strategy.${key}`)}>
      {(control) => (
        <Input
          {...control}
          className="tabular"
          value={draft[key]}
          placeholder={placeholder}
          onChange={(event) => onChange({ [key]: event.target.value })}
        />
      )}
    </Field>
  );
  return (
    <>
      {type === 'abTest' && (
        <MatchList matches={draft.matches} onChange={(matches) => onChange({ matches })} errorOf={errorOf} />
      )}
      <div className="form-row">
        {type === 'mirror' && text('percentage', t('mirrored'))}
        {text('duration', t('trialDuration'), t('trialHelp'), t('untilPromoted'))}
        {text('replicas', t('trialReplicas'), t('previewHelp'))}
        <DelayField draft={draft} onChange={onChange} errorOf={errorOf} />
      </div>
      {draft.duration.trim() !== '' && (
        <Check checked={draft.isAutomatic} onChange={(isOn) => onChange({ isAutomatic: isOn })}>
          {t('automaticAfter')}
        </Check>
      )}
    </>
  );
}

function DelayField({ draft, onChange, errorOf }: FieldsProps) {
  const t = useTranslations('strategy');
  return (
    <Field label={t('scaleDownDelay')} help={t('scaleDownHelp')} error={errorOf('strategy.scaleDownDelaySeconds')}>
      {(control) => (
        <Input
          {...control}
          className="tabular"
          inputMode="numeric"
          placeholder="30"
          value={draft.scaleDownDelaySeconds}
          onChange={(event) => onChange({ scaleDownDelaySeconds: event.target.value })}
        />
      )}
    </Field>
  );
}
