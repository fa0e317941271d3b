'use client';
import { useQueryClient } from '@tanstack/react-query';
import { Button } from 'antd';
import { useTranslations } from 'next-intl';
import { useState } from 'react';
import * as z from 'zod/mini';
import { toWords } from '@/features/identity/new-token-dialog';
import { ShownOnce } from '@/features/identity/shown-once';
import { useForm } from '@/lib/use-form';
import { useValidation } from '@/lib/use-validation';
import { Dialog } from '@/ui/dialog';
import { ErrorBox } from '@/ui/error-box';
import { TextField } from '@/ui/text-field';
import { createRobot, type RobotPlace } from './queries';

const schema = z.object({
  name: z.string().check(z.minLength(1, 'required')),
  scopes: z.string().check(z.minLength(1, 'required')),
  ranges: z.string(),
});

export function NewRobotDialog({ place, open, onClose }: { place: RobotPlace; open: boolean; onClose: () => void }) {
  const t = useTranslations('robots');
  const account = useTranslations('account');
  const me = useTranslations('me');
  const client = useQueryClient();
  const [made, setMade] = useState<string>();
  const form = useForm(schema, { name: '', scopes: 'repositories:write', ranges: '' }, useValidation());
  const send = () =>
    form.submit(async ({ name, scopes, ranges }) => {
      const robot = await createRobot(place, { name, scopes: toWords(scopes), ranges: toWords(ranges) });
      setMade(robot.token);
      await client.invalidateQueries({ queryKey: ['t', place.tenant, 'robots'] });
    });
  const close = () => {
    setMade(undefined);
    form.reset();
    onClose();
  };
  const username = `robot$${place.project ? `${place.project}+` : ''}${form.values.name || 'ci'}`;
  return (
    <Dialog
      open={open}
      title={t('create')}
      onClose={close}
      footer={
        made ? (
          <Button onClick={close}>{me('done')}</Button>
        ) : (
          <Button type="primary" loading={form.isSending} onClick={send}>
            {t('create')}
          </Button>
        )
      }
    >
      {made ? (
        <ShownOnce token={made} />
      ) : (
        <form
          className="form"
          onSubmit={(event) => {
            event.preventDefault();
            void send();
          }}
        >
          <TextField form={form} name="name" label={t('name')} help={t('nameHelp', { username })} />
          <TextField form={form} name="scopes" label={t('scopes')} help={t('scopesHelp')} />
          <TextField form={form} name="ranges" label={account('ranges')} help={account('rangesHelp')} />
          {form.problem ? <ErrorBox error={form.problem} /> : null}
          <button type="submit" hidden />
        </form>
      )}
    </Dialog>
  );
}
