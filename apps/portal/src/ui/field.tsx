'use client';
import { type ReactNode, useId } from 'react';

interface FieldProps {
  readonly label: string;
  readonly help?: ReactNode;
  readonly error?: string;
  readonly optional?: string;
  readonly children: (control: {
    id: string;
    'aria-describedby': string | undefined;
    'aria-invalid': boolean | undefined;
    status: 'error' | '';
  }) => ReactNode;
}

/** A labelled control with its help and its error beside it. */
export function Field({ label, help, error, optional, children }: FieldProps) {
  const id = useId();
  const note = `${id}-note`;
  return (
    <div className="field">
      <label htmlFor={id} className="field-label">
        {label}
        {optional && <span className="muted"> · {optional}</span>}
      </label>
      {children({
        id,
        'aria-describedby': help || error ? note : undefined,
        'aria-invalid': error ? true : undefined,
        status: error ? 'error' : '',
      })}
      {(error || help) && (
        <div id={note} className={error ? 'field-error' : 'field-help'} role={error ? 'alert' : undefined}>
          {error ?? help}
        </div>
      )}
    </div>
  );
}

interface SelectProps {
  readonly id?: string;
  readonly value: string;
  readonly onChange: (value: string) => void;
  readonly options: readonly { readonly value: string; readonly label: string }[];
  readonly 'aria-label'?: string;
  readonly 'aria-describedby'?: string;
  readonly disabled?: boolean;
}

/** The browser's own select: readable on a phone, complete by keyboard. */
export function Select({ options, onChange, ...rest }: SelectProps) {
  return (
    <select className="select" {...rest} onChange={(event) => onChange(event.target.value)}>
      {options.map((option) => (
        <option key={option.value} value={option.value}>
          {option.label}
        </option>
      ))}
    </select>
  );
}
