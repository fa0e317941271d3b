'use client';
import { useTranslations } from 'next-intl';
import { useId } from 'react';
import { Select } from '@/ui/field';
import { Icon } from '@/ui/icon';
import { Input } from '@/ui/input';
import { AddButtons, FormEntry, ListError, useNewKeys } from './form-list';
import {
  type ConditionDraft,
  conditionKinds,
  conditionTypes,
  type MatchDraft,
  newCondition,
  newMatch,
  pathOfCondition,
} from './match-draft';

interface MatchListProps {
  readonly matches: readonly MatchDraft[];
  readonly onChange: (matches: readonly MatchDraft[]) => void;
  readonly errorOf: (path: string) => string | undefined;
}

/** Who meets the new release of an A/B test: whoever fulfils one of the matches, with all of its conditions. */
export function MatchList({ matches, onChange, errorOf }: MatchListProps) {
  const t = useTranslations('strategy.match');
  const nextKey = useNewKeys();
  const put = (key: string, conditions: readonly ConditionDraft[]) =>
    onChange(matches.map((match) => (match.key === key ? { ...match, conditions } : match)));
  return (
    <div className="stack">
      <span className="field-label">{t('title')}</span>
      {matches.map((match, index) => (
        <FormEntry
          key={match.key}
          label={t('match', { number: index + 1 })}
          removeLabel={t('remove', { number: index + 1 })}
          onRemove={() => onChange(matches.filter(({ key }) => key !== match.key))}
        >
          {index > 0 && <p className="muted">{t('or')}</p>}
          {match.conditions.map((condition, place) => (
            <ConditionFields
              key={condition.key}
              condition={condition}
              number={`${index + 1}.${place + 1}`}
              path={`strategy.match.${index}.${pathOfCondition(match, condition)}`}
              onChange={(part) =>
                put(
                  match.key,
                  match.conditions.map((one) => (one.key === condition.key ? { ...one, ...part } : one)),
                )
              }
              onRemove={() =>
                put(
                  match.key,
                  match.conditions.filter(({ key }) => key !== condition.key),
                )
              }
              errorOf={errorOf}
            />
          ))}
          <ListError message={errorOf(`strategy.match.${index}`)} />
          <AddButtons
            buttons={[{ label: t('and'), onAdd: () => put(match.key, [...match.conditions, newCondition(nextKey())]) }]}
          />
        </FormEntry>
      ))}
      <ListError message={errorOf('strategy.match')} />
      <AddButtons buttons={[{ label: t('add'), onAdd: () => onChange([...matches, newMatch(nextKey())]) }]} />
    </div>
  );
}

interface ConditionFieldsProps {
  readonly condition: ConditionDraft;
  /** Of its match, and its own in it: `1.2`. */
  readonly number: string;
  readonly path: string;
  readonly onChange: (change: Partial<ConditionDraft>) => void;
  readonly onRemove: () => void;
  readonly errorOf: (path: string) => string | undefined;
}

function ConditionFields({ condition, number, path, onChange, onRemove, errorOf }: ConditionFieldsProps) {
  const t = useTranslations('strategy.match');
  const note = useId();
  const error = errorOf(`${path}.name`) ?? errorOf(`${path}.value`) ?? errorOf(path);
  const text = (key: 'name' | 'value', placeholder: string) => (
    <Input
      aria-describedby={note}
      aria-invalid={error ? true : undefined}
      status={error ? 'error' : ''}
      aria-label={`${t(key)} (${number})`}
      className="mono"
      value={condition[key]}
      placeholder={placeholder}
      spellCheck={false}
      onChange={(event) => onChange({ [key]: event.target.value })}
    />
  );
  return (
    <div className="step-fields">
      <div className="step-inputs">
        <Select
          aria-label={`${t('on')} (${number})`}
          value={condition.on}
          onChange={(chosen) => onChange({ on: conditionKinds.find((kind) => kind === chosen) })}
          options={conditionKinds.map((kind) => ({ value: kind, label: t(`kinds.${kind}`) }))}
        />
        {text('name', condition.on === 'headers' ? 'X-Beta' : 'beta')}
        <Select
          aria-label={`${t('by')} (${number})`}
          value={condition.type === 'RegularExpression' ? condition.type : ''}
          onChange={(chosen) => onChange({ type: conditionTypes.find((type) => type === chosen) })}
          options={conditionTypes.map((type) => ({ value: type, label: t(`types.${type || 'Exact'}`) }))}
        />
        {text('value', '1')}
        <button type="button" className="icon-button" aria-label={t('removeCondition', { number })} onClick={onRemove}>
          <Icon name="close" size={13} />
        </button>
      </div>
      <span id={note} className="field-error" role={error ? 'alert' : undefined}>
        {error}
      </span>
    </div>
  );
}
