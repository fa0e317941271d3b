'use client';
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { Button } from 'antd';
import { useTranslations } from 'next-intl';
import { useState } from 'react';
import { CodeBlock } from '@/ui/copy';
import { Dialog } from '@/ui/dialog';
import { ErrorBox } from '@/ui/error-box';
import { Field } from '@/ui/field';
import { Input } from '@/ui/input';
import { Section } from '@/ui/page';
import { beginSecondFactor, confirmSecondFactor, removeSecondFactor, secondFactorQuery } from './queries';

/** Codes of an authenticator app beside the password, of the built-in issuer. */
export function SecondFactorSection() {
  const t = useTranslations('account');
  const client = useQueryClient();
  const factor = useQuery(secondFactorQuery()).data;
  const [dialog, setDialog] = useState<'enrol' | 'remove'>();
  const [code, setCode] = useState('');
  const begin = useMutation({ mutationFn: beginSecondFactor, onSuccess: () => setDialog('enrol') });
  const refresh = () => client.invalidateQueries({ queryKey: secondFactorQuery().queryKey });
  const confirm = useMutation({ mutationFn: confirmSecondFactor, onSuccess: refresh });
  const remove = useMutation({
    mutationFn: removeSecondFactor,
    onSuccess: () => {
      close();
      return refresh();
    },
  });
  const close = () => {
    setDialog(undefined);
    setCode('');
    confirm.reset();
    remove.reset();
  };
  const action = dialog === 'enrol' ? confirm : remove;
  const codes = confirm.data?.recoveryCodes;
  if (!factor) return null;
  return (
    <Section
      title={t('secondFactor')}
      actions={
        factor.isEnabled ? (
          <Button disabled={factor.isRequired} onClick={() => setDialog('remove')}>
            {t('remove')}
          </Button>
        ) : (
          <Button loading={begin.isPending} onClick={() => begin.mutate()}>
            {t('setUp')}
          </Button>
        )
      }
    >
      <p>{factor.isEnabled ? t('factorOn', { count: factor.recoveryCodesLeft }) : t('factorOff')}</p>
      {factor.isRequired ? <p className="muted">{t('factorRequired')}</p> : null}
      {begin.error ? <ErrorBox error={begin.error} /> : null}
      <Dialog
        open={dialog !== undefined}
        title={codes ? t('recoveryCodes') : t('secondFactor')}
        onClose={close}
        footer={
          codes ? undefined : (
            <Button
              type="primary"
              disabled={code.length < 6}
              loading={action.isPending}
              onClick={() => action.mutate(code)}
            >
              {t(dialog === 'enrol' ? 'confirm' : 'remove')}
            </Button>
          )
        }
      >
        {codes ? (
          <div className="stack">
            <p role="status">{t('recoveryHelp')}</p>
            <CodeBlock code={codes.join('\n')} />
          </div>
        ) : (
          <form
            className="form"
            onSubmit={(event) => {
              event.preventDefault();
              action.mutate(code);
            }}
          >
            {dialog === 'enrol' && begin.data ? (
              <>
                <p>{t('scan')}</p>
                {/* biome-ignore lint/performance/noImgElement: a data URL of a few hundred bytes */}
                <img
                  alt=""
                  width={200}
                  height={200}
                  src={`data:image/svg+xml;utf8,${encodeURIComponent(begin.data.svg)}`}
                />
                <CodeBlock label={t('orType')} code={begin.data.secret} />
              </>
            ) : (
              <p>{t('removeHelp')}</p>
            )}
            <Field label={t('code')}>
              {(control) => (
                <Input
                  {...control}
                  value={code}
                  onChange={(event) => setCode(event.target.value)}
                  autoComplete="one-time-code"
                />
              )}
            </Field>
            {action.error ? <ErrorBox error={action.error} /> : null}
          </form>
        )}
      </Dialog>
    </Section>
  );
}
