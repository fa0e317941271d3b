'use client';
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { Button, Checkbox } from 'antd';
import { useTranslations } from 'next-intl';
import { useState } from 'react';
import * as z from 'zod/mini';
import { type CustomRole, isBuiltIn } from '@/lib/contract';
import { useForm } from '@/lib/use-form';
import { useValidation } from '@/lib/use-validation';
import { Dialog } from '@/ui/dialog';
import { EmptyState } from '@/ui/empty-state';
import { ErrorBox } from '@/ui/error-box';
import { Field } from '@/ui/field';
import { Input } from '@/ui/input';
import { Section } from '@/ui/page';
import { type Column, Table } from '@/ui/table';
import { createRole, deleteRole, permissionsQuery, rolesQuery } from './queries';

/** The roles that can be given here: what each holds, and custom ones to make and delete. */
export function RolesSection({ tenant, mayChange }: { tenant: string | undefined; mayChange: boolean }) {
  const t = useTranslations('access');
  const words = useTranslations('accessControl');
  const client = useQueryClient();
  const roles = useQuery(rolesQuery(tenant));
  const [isMaking, setMaking] = useState(false);
  const removal = useMutation({
    mutationFn: (role: CustomRole) => deleteRole(tenant, role.name),
    onSuccess: () => client.invalidateQueries({ queryKey: rolesQuery(tenant).queryKey }),
  });
  const own = tenant === undefined ? 'platform' : 'tenant';
  const columns: readonly Column<CustomRole>[] = [
    {
      key: 'name',
      title: t('role'),
      sortBy: (role) => role.name,
      render: (role) => <span className="strong">{isBuiltIn(role.name) ? t(`roles.${role.name}`) : role.name}</span>,
    },
    { key: 'madeBy', title: words('madeBy'), render: (role) => words(`makers.${role.madeBy}`) },
    {
      key: 'permissions',
      title: words('permissions'),
      render: (role) => (
        <span title={role.permissions.join('\n')}>{words('count', { count: role.permissions.length })}</span>
      ),
    },
    {
      key: 'actions',
      title: '',
      align: 'right',
      render: (role) =>
        role.madeBy === own ? (
          <Button size="small" disabled={!mayChange} loading={removal.isPending} onClick={() => removal.mutate(role)}>
            {words('deleteRole')}
          </Button>
        ) : null,
    },
  ];
  return (
    <Section
      title={words('roles')}
      flush
      actions={
        <Button disabled={!mayChange} onClick={() => setMaking(true)}>
          {words('newRole')}
        </Button>
      }
    >
      {removal.error ? <ErrorBox error={removal.error} /> : null}
      <Table
        name="roles"
        label={words('roles')}
        rows={roles.data}
        rowKey={(role) => role.name}
        columns={columns}
        error={roles.error}
        empty={<EmptyState icon="key" title={words('roles')} />}
      />
      <NewRoleDialog tenant={tenant} open={isMaking} onClose={() => setMaking(false)} />
    </Section>
  );
}

const schema = z.object({
  name: z.string().check(z.minLength(1, 'required')),
  permissions: z.array(z.string()).check(z.minLength(1, 'required')),
});

function NewRoleDialog({ tenant, open, onClose }: { tenant: string | undefined; open: boolean; onClose: () => void }) {
  const words = useTranslations('accessControl');
  const client = useQueryClient();
  const permissions = useQuery({ ...permissionsQuery(), enabled: open }).data ?? [];
  const form = useForm<{ name: string; permissions: string[] }>(schema, { name: '', permissions: [] }, useValidation());
  const possible = permissions.filter(({ level }) => tenant === undefined || level !== 'platform');
  const send = () =>
    form.submit(async (values) => {
      await createRole(tenant, values);
      await client.invalidateQueries({ queryKey: rolesQuery(tenant).queryKey });
      form.reset();
      onClose();
    });
  return (
    <Dialog
      open={open}
      title={words('newRole')}
      onClose={onClose}
      footer={
        <Button type="primary" loading={form.isSending} onClick={send}>
          {words('newRole')}
        </Button>
      }
    >
      <div className="form">
        <Field label={words('name')} help={words('nameHelp')} error={form.errorOf('name')}>
          {(control) => (
            <Input
              {...control}
              value={form.values.name}
              onChange={(event) => form.set('name', event.target.value)}
              spellCheck={false}
            />
          )}
        </Field>
        <Field label={words('permissions')} help={words('permissionsHelp')} error={form.errorOf('permissions')}>
          {() => (
            <Checkbox.Group
              value={form.values.permissions}
              options={possible.map(({ name, description }) => ({ value: name, label: name, title: description }))}
              onChange={(chosen) => form.set('permissions', chosen)}
            />
          )}
        </Field>
        {form.problem ? <ErrorBox error={form.problem} /> : null}
      </div>
    </Dialog>
  );
}
