'use client';
import { Button } from 'antd';
import { type ReactNode, useId, useRef } from 'react';
import { Icon } from '@/ui/icon';

/** Keys for entries that are added to a list: for React alone. */
export function useNewKeys(): () => string {
  const prefix = useId();
  const count = useRef(0);
  return () => {
    count.current += 1;
    return `${prefix}${count.current}`;
  };
}

interface FormEntryProps {
  readonly label: string;
  readonly removeLabel: string;
  readonly onRemove: () => void;
  readonly children: ReactNode;
}

/** One entry of a list in a form, with what takes it away. */
export function FormEntry({ label, removeLabel, onRemove, children }: FormEntryProps) {
  return (
    <fieldset className="metric-form">
      <legend className="visually-hidden">{label}</legend>
      {children}
      <button type="button" className="icon-button metric-remove" aria-label={removeLabel} onClick={onRemove}>
        <Icon name="close" size={13} />
      </button>
    </fieldset>
  );
}

/** What is wrong with a list as a whole. */
export function ListError({ message }: { message: string | undefined }) {
  if (!message) return null;
  return (
    <p className="field-error" role="alert">
      {message}
    </p>
  );
}

/** Ways to add an entry, below a list. */
export function AddButtons({
  buttons,
}: {
  buttons: readonly { readonly label: string; readonly onAdd: () => void }[];
}) {
  return (
    <div className="button-row">
      {buttons.map(({ label, onAdd }) => (
        <Button key={label} size="small" icon={<Icon name="plus" size={13} />} onClick={onAdd}>
          {label}
        </Button>
      ))}
    </div>
  );
}
