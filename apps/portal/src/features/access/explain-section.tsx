'use client';
import { useMutation, useQuery } from '@tanstack/react-query';
import { Button } from 'antd';
import { useTranslations } from 'next-intl';
import { useState } from 'react';
import { ErrorBox } from '@/ui/error-box';
import { Field, Select } from '@/ui/field';
import { Input } from '@/ui/input';
import { Facts, Section } from '@/ui/page';
import { explain, type Place, permissionsQuery } from './queries';

/** Asks the platform why somebody may or may not do something here. */
export function ExplainSection({ place }: { place: Place }) {
  const words = useTranslations('accessControl');
  const permissions = useQuery(permissionsQuery()).data ?? [];
  const [user, setUser] = useState('');
  const [permission, setPermission] = useState('applications:write');
  const asking = useMutation({ mutationFn: () => explain({ ...place, permission, ...(user ? { user } : {}) }) });
  const answer = asking.data;
  return (
    <Section title={words('explain')}>
      <form
        className="form"
        onSubmit={(event) => {
          event.preventDefault();
          asking.mutate();
        }}
      >
        <Field label={words('explainUser')} help={words('explainUserHelp')}>
          {({ id }) => (
            <Input id={id} value={user} onChange={(event) => setUser(event.target.value)} spellCheck={false} />
          )}
        </Field>
        <Field label={words('permission')}>
          {({ id }) => (
            <Select
              id={id}
              value={permission}
              options={permissions.map(({ name }) => ({ value: name, label: name }))}
              onChange={setPermission}
            />
          )}
        </Field>
        <div>
          <Button htmlType="submit" loading={asking.isPending}>
            {words('ask')}
          </Button>
        </div>
      </form>
      {asking.error ? <ErrorBox error={asking.error} /> : null}
      {answer ? (
        <div role="status">
          <Facts
            items={[
              { label: words('answer'), value: answer.allowed ? words('allowed') : words('denied') },
              { label: words('why'), value: words(`verdicts.${answer.verdict}`) },
              {
                label: words('byRoles'),
                value: answer.by.map(({ role, group }) => (group ? `${role} (${group})` : role)).join(', '),
              },
              ...(answer.allowed ? [] : [{ label: words('wouldSuffice'), value: answer.wouldSuffice.join(', ') }]),
              ...(answer.askFor.length > 0 ? [{ label: words('askFor'), value: answer.askFor.join(', ') }] : []),
            ]}
          />
        </div>
      ) : null}
    </Section>
  );
}
