'use client';
import { Button } from 'antd';
import { useTranslations } from 'next-intl';
import { useAddress } from '@/lib/use-address';
import { Select } from '@/ui/field';
import { Input } from '@/ui/input';
import type { AuditFilter } from './queries';

const outcomes = ['success', 'denied', 'failed'] as const;
const texts = ['actor', 'action', 'resource', 'q'] as const;
const labels = { actor: 'filterActor', action: 'filterAction', resource: 'filterResource', q: 'filterText' } as const;

/** The filter in the address, so that a link opens the same view. */
export function useAuditFilter() {
  const fields = {
    actor: useAddress('actor', ''),
    action: useAddress('action', ''),
    resource: useAddress('resource', ''),
    q: useAddress('q', ''),
    outcome: useAddress('outcome', ''),
    from: useAddress('from', ''),
    to: useAddress('to', ''),
  };
  const given = (name: keyof typeof fields): string | undefined => fields[name][0] || undefined;
  const instant = (name: 'from' | 'to'): string | undefined => {
    const at = new Date(fields[name][0]);
    return Number.isNaN(at.getTime()) ? undefined : at.toISOString();
  };
  const text = given('q');
  const filter: AuditFilter = {
    actor: given('actor'),
    action: given('action'),
    resource: given('resource'),
    // The API takes three letters at least.
    q: text && text.length >= 3 ? text : undefined,
    outcome: outcomes.find((outcome) => outcome === given('outcome')),
    from: instant('from'),
    to: instant('to'),
  };
  const isSet = Object.values(fields).some(([value]) => value !== '');
  return { fields, filter, isSet };
}

export function AuditFilters({ fields, isSet }: Pick<ReturnType<typeof useAuditFilter>, 'fields' | 'isSet'>) {
  const t = useTranslations('audit');
  const [outcome, setOutcome] = fields.outcome;
  return (
    <search className="table-tools" aria-label={t('filters')}>
      {texts.map((name) => (
        <Input
          key={name}
          value={fields[name][0]}
          onChange={(event) => fields[name][1](event.target.value)}
          placeholder={t(labels[name])}
          aria-label={t(labels[name])}
          spellCheck={false}
          allowClear
        />
      ))}
      <Select
        value={outcome}
        onChange={setOutcome}
        aria-label={t('outcome')}
        options={[
          { value: '', label: t('outcomes.any') },
          ...outcomes.map((value) => ({ value, label: t(`outcomes.${value}`) })),
        ]}
      />
      {(['from', 'to'] as const).map((name) => (
        <Input
          key={name}
          type="datetime-local"
          value={fields[name][0]}
          onChange={(event) => fields[name][1](event.target.value)}
          aria-label={t(name)}
        />
      ))}
      {isSet && (
        <Button
          onClick={() => {
            for (const [, set] of Object.values(fields)) set('');
          }}
        >
          {t('clear')}
        </Button>
      )}
    </search>
  );
}
