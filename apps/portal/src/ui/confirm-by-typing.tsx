'use client';
import { Button } from 'antd';
import { useTranslations } from 'next-intl';
import { type ReactNode, useId, useState } from 'react';
import { Dialog } from './dialog';
import { ErrorBox } from './error-box';
import { Input } from './input';

interface ConfirmProps {
  readonly open: boolean;
  readonly title: string;
  /** What must be typed. */
  readonly name: string;
  readonly children: ReactNode;
  /** The button's whole sentence: "Delete shop". */
  readonly verb: string;
  readonly isRunning: boolean;
  readonly error?: unknown;
  readonly onConfirm: () => void;
  readonly onClose: () => void;
}

/** A loss is confirmed by typing the name of what will be lost. */
export function ConfirmByTyping({
  open,
  title,
  name,
  children,
  verb,
  isRunning,
  error,
  onConfirm,
  onClose,
}: ConfirmProps) {
  const t = useTranslations('confirm');
  const [typed, setTyped] = useState('');
  const input = useId();
  const close = () => {
    setTyped('');
    onClose();
  };
  const footer = (
    <>
      <Button onClick={close}>{t('keep')}</Button>
      <Button type="primary" danger disabled={typed !== name} loading={isRunning} onClick={onConfirm}>
        {verb}
      </Button>
    </>
  );
  return (
    <Dialog open={open} title={title} onClose={close} footer={footer}>
      <div>{children}</div>
      <label htmlFor={input} className="field-label">
        {t.rich('type', { name, code: (chunks) => <code>{chunks}</code> })}
      </label>
      <Input
        id={input}
        value={typed}
        onChange={(event) => setTyped(event.target.value)}
        onPressEnter={() => typed === name && onConfirm()}
        autoComplete="off"
        spellCheck={false}
      />
      {error ? <ErrorBox error={error} /> : null}
    </Dialog>
  );
}
