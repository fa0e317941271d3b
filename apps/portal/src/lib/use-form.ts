'use client';
import { useState } from 'react';
import type * as z from 'zod/mini';
import { ApiProblem } from './problem';

export interface Form<Values> {
  readonly values: Values;
  readonly set: <Key extends keyof Values>(key: Key, value: Values[Key]) => void;
  /** The message of a field, by its path in the request's body. */
  readonly errorOf: (path: string) => string | undefined;
  /** Calls `send` with the parsed values; the schema's and the server's field errors go to their fields. */
  readonly submit: (send: (values: Values) => Promise<unknown>) => Promise<boolean>;
  readonly isSending: boolean;
  /** What went wrong beside the fields that are shown. */
  readonly problem: unknown;
  readonly reset: () => void;
}

/** A form on a zod schema. `translate` turns the schema's message (a key) into a sentence. */
export function useForm<Values extends Record<string, unknown>>(
  schema: z.ZodMiniType<unknown, Values>,
  initial: Values,
  translate: (key: string) => string,
  shown: readonly string[] = Object.keys(initial),
): Form<Values> {
  const [values, setValues] = useState(initial);
  const [errors, setErrors] = useState<Readonly<Record<string, string>>>({});
  const [problem, setProblem] = useState<unknown>();
  const [isSending, setSending] = useState(false);

  const submit = async (send: (values: Values) => Promise<unknown>): Promise<boolean> => {
    const parsed = schema.safeParse(values);
    if (!parsed.success) {
      setErrors(
        Object.fromEntries(parsed.error.issues.map((issue) => [issue.path.join('.'), translate(issue.message)])),
      );
      return false;
    }
    setSending(true);
    setErrors({});
    setProblem(undefined);
    try {
      await send(values);
      return true;
    } catch (error) {
      const fields = error instanceof ApiProblem ? error.fields : [];
      setErrors(Object.fromEntries(fields.map((field) => [field.path, field.message])));
      const allShown = fields.length > 0 && fields.every((field) => shown.includes(field.path));
      setProblem(allShown ? undefined : error);
      return false;
    } finally {
      setSending(false);
    }
  };

  return {
    values,
    set: (key, value) => {
      setValues((current) => ({ ...current, [key]: value }));
      setErrors((current) => Object.fromEntries(Object.entries(current).filter(([path]) => path !== key)));
    },
    errorOf: (path) => errors[path],
    submit,
    isSending,
    problem,
    reset: () => {
      setValues(initial);
      setErrors({});
      setProblem(undefined);
    },
  };
}
