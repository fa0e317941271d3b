'use client';
import type { ReactNode } from 'react';
import { Field } from './field';
import { Input } from './input';

interface TextFieldProps<Key extends string> {
  /** What of `useForm` the field shows. */
  readonly form: {
    readonly values: Readonly<Record<Key, string>>;
    readonly set: (key: Key, value: string) => void;
    readonly errorOf: (path: string) => string | undefined;
  };
  readonly name: Key;
  readonly label: string;
  readonly help?: ReactNode;
  readonly optional?: string;
  /** For people, not for machines: the browser may complete and spell it. */
  readonly isProse?: boolean;
}

/** A line of text in a form, with its error. */
export function TextField<Key extends string>({ form, name, isProse, ...field }: TextFieldProps<Key>) {
  return (
    <Field {...field} error={form.errorOf(name)}>
      {(control) => (
        <Input
          {...control}
          value={form.values[name]}
          onChange={(event) => form.set(name, event.target.value)}
          autoComplete={isProse ? undefined : 'off'}
          spellCheck={isProse ? undefined : false}
        />
      )}
    </Field>
  );
}
