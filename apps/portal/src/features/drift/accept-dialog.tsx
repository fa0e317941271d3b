'use client';
import { useQueryClient } from '@tanstack/react-query';
import { useTranslations } from 'next-intl';
import { useState } from 'react';
import * as z from 'zod/mini';
import { applicationKey } from '@/features/applications/queries';
import type { DriftItem } from '@/lib/contract';
import type { ApplicationRef } from '@/lib/paths';
import { useForm } from '@/lib/use-form';
import { useValidation } from '@/lib/use-validation';
import { useAnnounce } from '@/ui/announcer';
import { FormDialog } from '@/ui/form-dialog';
import { TextField } from '@/ui/text-field';
import { keyOf, nameOf } from './drift-state';
import { acceptDrift } from './queries';

const schema = z.object({ reason: z.string().check(z.minLength(1, 'required')) });
/** So many the API takes by name at once; more are more than anybody picks. */
const mostNamed = 100;

interface AcceptDialogProps {
  readonly application: ApplicationRef;
  /** What is open. */
  readonly items: readonly DriftItem[];
  readonly onClose: () => void;
}

/** Lets be what is ticked, with a reason. What is found meanwhile is not taken along. */
export function AcceptDialog({ application: ref, items, onClose }: AcceptDialogProps) {
  const t = useTranslations('drift');
  const announce = useAnnounce();
  const client = useQueryClient();
  const form = useForm(schema, { reason: '' }, useValidation());
  const [left, setLeft] = useState<ReadonlySet<string>>(new Set());
  const chosen = items.filter((item) => !left.has(keyOf(item))).slice(0, mostNamed);
  const send = () =>
    form.submit(async ({ reason }) => {
      if (chosen.length === 0) return;
      await acceptDrift(ref, { reason, items: chosen.map(({ kind, name, path }) => ({ kind, name, path })) });
      await client.invalidateQueries({ queryKey: applicationKey(ref) });
      announce(t('accepted', { count: chosen.length }));
      onClose();
    });
  const toggle = (key: string) => {
    const next = new Set(left);
    if (!next.delete(key)) next.add(key);
    setLeft(next);
  };
  return (
    <FormDialog
      open
      wide
      title={t('acceptTitle')}
      onClose={onClose}
      form={form}
      onSubmit={send}
      cancel={t('keep')}
      submit={t('acceptVerb', { count: chosen.length })}
      isEmpty={chosen.length === 0}
    >
      <p>{t('acceptExplanation')}</p>
      <fieldset className="plain-fieldset">
        <legend className="muted">{t('acceptWhich')}</legend>
        {items.map((item) => (
          <label key={keyOf(item)} className="check">
            <input type="checkbox" checked={!left.has(keyOf(item))} onChange={() => toggle(keyOf(item))} />{' '}
            <code className="break">
              {nameOf(item)} {item.path}
            </code>
          </label>
        ))}
      </fieldset>
      <TextField form={form} name="reason" label={t('reason')} help={t('reasonHelp')} isProse />
    </FormDialog>
  );
}
