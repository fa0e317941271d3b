'use client';
import { useQueryClient } from '@tanstack/react-query';
import { useTranslations } from 'next-intl';
import * as z from 'zod/mini';
import type { NewApprovalPolicy } from '@/lib/contract';
import { nameSchema } from '@/lib/names';
import { useForm } from '@/lib/use-form';
import { useValidation } from '@/lib/use-validation';
import { Field, Select } from '@/ui/field';
import { FormDialog } from '@/ui/form-dialog';
import { Input } from '@/ui/input';
import { createApprovalPolicy } from './queries';

const kinds = ['access', 'exec', 'secret-reveal', 'quota', 'tenant', 'release', 'pod-security'] as const;
const operators = ['atMost', 'atLeast', 'equals'] as const;
const environmentKinds = ['production', 'staging', 'development'] as const;
const scopes = ['platform', 'tenant', 'project'] as const;
const schema = z.object({
  name: nameSchema,
  kind: z.enum(kinds),
  path: z.string(),
  operator: z.enum(operators),
  value: z.string(),
  environmentKind: z.string(),
  approvals: z.string(),
  scope: z.enum(scopes),
  hours: z.string(),
});
const initial: z.output<typeof schema> = {
  name: '',
  kind: 'access',
  path: '',
  operator: 'atMost',
  value: '',
  environmentKind: '',
  approvals: '1',
  scope: 'platform',
  hours: '',
};

/** The policies that most need: one condition, holders of `requests:approve`. The command line makes every other. */
export function NewPolicyDialog({ open, onClose }: { open: boolean; onClose: () => void }) {
  const t = useTranslations('approvalPolicies');
  const client = useQueryClient();
  const form = useForm(schema, initial, useValidation());
  const send = () =>
    form.submit(async (values) => {
      await createApprovalPolicy(toPolicy(values));
      await client.invalidateQueries({ queryKey: ['approval-policies'] });
      form.reset();
      onClose();
    });
  const input = (name: 'name' | 'path' | 'value' | 'hours', label: string, help?: string, optional?: string) => (
    <Field label={label} help={help} optional={optional} error={form.errorOf(name)}>
      {(control) => (
        <Input
          {...control}
          value={form.values[name]}
          onChange={(event) => form.set(name, event.target.value)}
          autoComplete="off"
          spellCheck={false}
        />
      )}
    </Field>
  );
  const choice = <Value extends string>(
    name: 'kind' | 'operator' | 'environmentKind' | 'approvals' | 'scope',
    label: string,
    options: readonly { value: Value; label: string }[],
    set: (value: Value) => void,
  ) => (
    <Field label={label}>
      {({ id }) => (
        <Select
          id={id}
          value={form.values[name]}
          onChange={(value) => {
            const option = options.find((one) => one.value === value);
            if (option) set(option.value);
          }}
          options={options}
        />
      )}
    </Field>
  );
  return (
    <FormDialog
      open={open}
      title={t('create')}
      onClose={onClose}
      form={form}
      onSubmit={send}
      cancel={t('cancel')}
      submit={t('create')}
    >
      {input('name', t('name'))}
      {choice(
        'kind',
        t('kind'),
        kinds.map((value) => ({ value, label: t(`kinds.${value}`) })),
        (kind) => form.set('kind', kind),
      )}
      {input('path', t('path'), t('pathHelp'), t('optional'))}
      {form.values.path !== '' &&
        choice(
          'operator',
          t('operator'),
          operators.map((value) => ({ value, label: t(`operators.${value}`) })),
          (operator) => form.set('operator', operator),
        )}
      {form.values.path !== '' && input('value', t('value'))}
      {choice(
        'environmentKind',
        t('environmentKind'),
        [
          { value: '', label: t('any') },
          ...environmentKinds.map((value) => ({ value, label: t(`environmentKinds.${value}`) })),
        ],
        (kind) => form.set('environmentKind', kind),
      )}
      {choice(
        'approvals',
        t('approvals'),
        ['0', '1', '2', '3'].map((value) => ({
          value,
          label: value === '0' ? t('none') : t('approvalCount', { count: Number(value) }),
        })),
        (approvals) => form.set('approvals', approvals),
      )}
      {form.values.approvals !== '0' &&
        choice(
          'scope',
          t('scope'),
          scopes.map((value) => ({ value, label: t(`scopes.${value}`) })),
          (scope) => form.set('scope', scope),
        )}
      {input('hours', t('hours'), t('hoursHelp'), t('optional'))}
    </FormDialog>
  );
}

function toPolicy(values: z.output<typeof schema>): NewApprovalPolicy {
  const { name, kind, path, operator, value, environmentKind, approvals, scope, hours } = values;
  return {
    name,
    kind,
    conditions: path ? [{ path, [operator]: value }] : [],
    environmentKinds: environmentKinds.filter((one) => one === environmentKind),
    approvalsNeeded: Number(approvals),
    approvers: { scope, permission: 'requests:approve', roles: [], groups: [], users: [] },
    maxGrantSeconds: Number(hours) > 0 ? Math.round(Number(hours) * 3600) : null,
  };
}
