'use client';
import { useQuery, useQueryClient } from '@tanstack/react-query';
import { useTranslations } from 'next-intl';
import * as z from 'zod/mini';
import { isBuiltIn } from '@/lib/contract';
import { useForm } from '@/lib/use-form';
import { useValidation } from '@/lib/use-validation';
import { Field, Select } from '@/ui/field';
import { FormDialog } from '@/ui/form-dialog';
import { Input } from '@/ui/input';
import { addMember, membersKey, type Place, rolesQuery } from './queries';

const schema = z.object({
  kind: z.enum(['user', 'group']),
  username: z.string().check(z.minLength(1, 'required')),
  role: z.string(),
  hours: z.string(),
});
const lives = ['', '8', '24', '168', '720'] as const;

/** Gives a user or a group a role in a place, for ever or for a time. */
export function AddMemberDialog({ place, open, onClose }: { place: Place; open: boolean; onClose: () => void }) {
  const t = useTranslations('access');
  const words = useTranslations('accessControl');
  const client = useQueryClient();
  const roles = useQuery({ ...rolesQuery(place.tenant), enabled: open }).data ?? [];
  const initial = { kind: 'user', username: '', role: place.tenant === undefined ? 'auditor' : 'developer', hours: '' };
  const form = useForm<z.infer<typeof schema>>(schema, { ...initial, kind: 'user' }, useValidation());
  const { kind, role, hours } = form.values;
  const titleOf = (name: string) => (isBuiltIn(name) ? t(`roles.${name}`) : name);
  const send = () =>
    form.submit(async (values) => {
      const subject = values.kind === 'user' ? { username: values.username } : { group: values.username };
      const end = values.hours
        ? { expiresAt: new Date(Date.now() + Number(values.hours) * 3_600_000).toISOString() }
        : {};
      await addMember(place, { ...subject, role: values.role, ...end });
      await client.invalidateQueries({ queryKey: membersKey(place) });
      form.reset();
      onClose();
    });
  return (
    <FormDialog
      open={open}
      title={t('add')}
      onClose={onClose}
      form={form}
      onSubmit={send}
      submit={t('addAs', { role: titleOf(role) })}
    >
      <Field label={words('whom')} error={form.errorOf('kind')}>
        {({ id, 'aria-describedby': note }) => (
          <Select
            id={id}
            aria-describedby={note}
            value={kind}
            options={[
              { value: 'user', label: words('oneUser') },
              { value: 'group', label: words('oneGroup') },
            ]}
            onChange={(to) => form.set('kind', to === 'group' ? 'group' : 'user')}
          />
        )}
      </Field>
      <Field
        label={kind === 'user' ? t('user') : words('group')}
        help={kind === 'user' ? t('userHelp') : words('groupHelp')}
        error={form.errorOf('username')}
      >
        {(control) => (
          <Input
            {...control}
            value={form.values.username}
            onChange={(event) => form.set('username', event.target.value)}
            autoComplete="off"
            spellCheck={false}
          />
        )}
      </Field>
      <Field label={t('role')} help={isBuiltIn(role) ? t(`may.${role}`) : undefined} error={form.errorOf('role')}>
        {({ id, 'aria-describedby': note }) => (
          <Select
            id={id}
            aria-describedby={note}
            value={role}
            options={roles.map(({ name }) => ({ value: name, label: titleOf(name) }))}
            onChange={(to) => form.set('role', to)}
          />
        )}
      </Field>
      <Field label={words('expires')} error={form.errorOf('hours')}>
        {({ id, 'aria-describedby': note }) => (
          <Select
            id={id}
            aria-describedby={note}
            value={hours}
            options={lives.map((value) => ({
              value,
              label: value === '' ? words('never') : words('inHours', { hours: Number(value) }),
            }))}
            onChange={(to) => form.set('hours', to)}
          />
        )}
      </Field>
    </FormDialog>
  );
}
