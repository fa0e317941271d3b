'use client';
import { useQuery } from '@tanstack/react-query';
import { Button } from 'antd';
import dynamic from 'next/dynamic';
import { useTranslations } from 'next-intl';
import { useState } from 'react';
import { useMay } from '@/features/identity/use-may';
import { toCli } from '@/lib/cli';
import type { PlacementStrategy } from '@/lib/contract';
import type { ApplicationRef } from '@/lib/paths';
import { ApiProblem } from '@/lib/problem';
import { useLeaveGuard } from '@/lib/use-leave-guard';
import { useAnnounce } from '@/ui/announcer';
import { DiffView } from '@/ui/diff-view';
import { Equivalents } from '@/ui/equivalents';
import { ErrorBox } from '@/ui/error-box';
import { Icon } from '@/ui/icon';
import { Section } from '@/ui/page';
import { DryRunSection } from './dry-run-section';
import { ImportDialog } from './import-dialog';
import { presetsQuery } from './queries';
import { StepList } from './step-list';
import {
  type AnalysisPlace,
  analysisPlaces,
  hasTwoSlots,
  isForForm,
  problemsOf,
  type StrategyDraft,
} from './strategy-draft';
import { AnalysisPlaceFields, StrategyFields } from './strategy-fields';
import { useStrategyEdit } from './use-strategy-edit';
import { WebhookList } from './webhook-fields';

// The reader of YAML is loaded where it is used.
const StrategyText = dynamic(() => import('./strategy-text').then((module) => module.StrategyText), { ssr: false });

/** The presets that have a name in the viewer's language; another is called as the API calls it. */
const presetNames = [
  'rolling',
  'recreate',
  'canary-5-25-50',
  'canary-manual',
  'blue-green',
  'blue-green-manual',
  'ab-test',
  'mirror-20',
] as const;

/** A form and its text, side by side with what differs from the strategy in force. */
export function StrategyEditor({
  application: ref,
  inForce,
}: {
  application: ApplicationRef;
  inForce: PlacementStrategy;
}) {
  const t = useTranslations('strategy');
  const announce = useAnnounce();
  const presets = useQuery(presetsQuery()).data ?? [];
  const nameOf = (name: string) => {
    const known = presetNames.find((one) => one === name);
    return known ? t(`presets.${known}`) : name;
  };
  const mayChange = useMay(ref)('rollouts:write');
  const [isText, setText] = useState(false);
  const [isImporting, setImporting] = useState(false);
  const edit = useStrategyEdit(ref, inForce, () => announce(t('saved', { environment: ref.environment })));
  useLeaveGuard(edit.isDirty, t('leave'));
  const found = problemsOf(edit.draft);
  const messages = [
    ...Object.entries(found).map(([path, problem]) => ({ path, message: t(`problems.${problem}`) })),
    ...edit.refusals,
  ];
  const errorOf = (path: string) => messages.find((one) => one.path === path)?.message;
  const errorUnder = (path: string) =>
    messages.find((one) => one.path === path || one.path.startsWith(`${path}.`))?.message;
  const isValid = Object.keys(found).length === 0;
  const canBeForm = isForForm(edit.strategy);
  const showsText = isText || !canBeForm;
  const toggle = () => {
    if (edit.draft.type === 'other') edit.replace(edit.strategy);
    setText(!isText);
  };
  const base = `/api/v1/tenants/${ref.tenant}/projects/${ref.project}/applications/${ref.application}/environments/${ref.environment}/strategy`;
  return (
    <>
      <Section
        title={t('titleOf', { environment: ref.environment })}
        actions={
          <Equivalents
            items={[
              { title: t('title'), api: `GET ${base}` },
              { title: t('save'), api: `PUT ${base}\n${JSON.stringify({ strategy: edit.strategy }, null, 2)}` },
              { title: t('follow'), cli: toCli('rollouts status -w', ref), api: `GET ${base}` },
            ]}
          />
        }
      >
        <p className="muted">{t('explanation')}</p>
        <fieldset className="plain-fieldset" disabled={!mayChange}>
          <legend className="field-label">{t('beginWith')}</legend>
          <div className="button-row">
            {presets.map(({ name, description, strategy }) => (
              <Button key={name} size="small" title={description} onClick={() => edit.replace(strategy)}>
                {nameOf(name)}
              </Button>
            ))}
            <Button size="small" icon={<Icon name="upload" size={13} />} onClick={() => setImporting(true)}>
              {t('import')}
            </Button>
          </div>
        </fieldset>
        <fieldset className="plain-fieldset" disabled={!mayChange}>
          <legend className="visually-hidden">{t('title')}</legend>
          {showsText ? (
            <StrategyText strategy={edit.strategy} onChange={edit.write} />
          ) : (
            <div className="form">
              <StrategyFields draft={edit.draft} onChange={edit.change} errorOf={errorOf} />
              {edit.draft.type === 'canary' && (
                <StepList
                  steps={edit.draft.steps}
                  onChange={(steps) => edit.change({ steps })}
                  errorUnder={errorUnder}
                  errorOf={errorOf}
                />
              )}
              {placesOf(edit.draft).map((place) => (
                <AnalysisPlaceFields
                  key={place}
                  place={place}
                  draft={edit.draft}
                  onChange={edit.change}
                  errorOf={errorOf}
                />
              ))}
              {hasTwoSlots(edit.draft) && (
                <WebhookList
                  hooks={edit.draft.webhooks}
                  onChange={(webhooks) => edit.change({ webhooks })}
                  errorOf={errorOf}
                />
              )}
            </div>
          )}
        </fieldset>
        {canBeForm && (
          <div>
            <button type="button" className="text-button" onClick={toggle}>
              {isText ? t('asForm') : t('asText')}
            </button>
          </div>
        )}
        {!edit.isDirty &&
          inForce.warnings.map((warning) => (
            <p key={`${warning.path}${warning.message}`} className="warn break">
              <code>{warning.path}</code> {warning.message}
            </p>
          ))}
        {!mayChange && <p className="muted">{t('forbidden')}</p>}
      </Section>
      <ImportDialog open={isImporting} onClose={() => setImporting(false)} onUse={edit.replace} />
      {edit.isDirty && (
        <Section title={t('changes')}>
          {edit.isConflict && (
            <div className="banner" role="alert">
              <span>{t('conflict')}</span>
              <Button size="small" onClick={edit.discard}>
                {t('takeTheirs')}
              </Button>
              <Button size="small" onClick={edit.keepMine}>
                {t('keepMine')}
              </Button>
            </div>
          )}
          <DiffView changes={edit.changes} label={t('changes')} />
          <Refusal error={edit.save.error} isShown={(path) => !showsText && isFieldOf(edit.draft, path)} />
          <div className="button-row">
            <Button
              type="primary"
              disabled={!isValid || !mayChange || edit.isConflict}
              loading={edit.save.isPending}
              onClick={() => edit.save.mutate()}
            >
              {t('saveFor', { environment: ref.environment })}
            </Button>
            <Button onClick={edit.discard}>{t('discard')}</Button>
          </div>
        </Section>
      )}
      {edit.strategy.type === 'canary' && isValid && <DryRunSection application={ref} strategy={edit.strategy} />}
    </>
  );
}

/** What the API refused, unless it stands at a field. A conflict has a line of its own. */
function Refusal({ error, isShown }: { error: unknown; isShown: (path: string) => boolean }) {
  if (!error || (error instanceof ApiProblem && error.code === 'version-stale')) return null;
  const fields = error instanceof ApiProblem ? error.fields : [];
  if (fields.length > 0 && fields.every(({ path }) => isShown(path))) return null;
  return <ErrorBox error={error} />;
}

const placesOf = ({ type }: StrategyDraft): readonly AnalysisPlace[] =>
  type === 'canary' || type === 'blueGreen' ? analysisPlaces[type] : [];

const isFieldOf = (draft: StrategyDraft, path: string): boolean => {
  if (placesOf(draft).some((place) => path.startsWith(`strategy.${place}.`))) return true;
  const [, hook] = /^strategy\.webhooks\.(\d+)\.(?!metadata)/.exec(path) ?? [];
  if (hook !== undefined) return Number(hook) < draft.webhooks.length;
  const [, index] = /^strategy\.steps\.(\d+)(?:\.|$)/.exec(path) ?? [];
  return index !== undefined && Number(index) < draft.steps.length;
};
