'use client';
import { useMutation } from '@tanstack/react-query';
import { type ReactNode, useState } from 'react';
import { ConfirmByTyping } from './confirm-by-typing';

/** What somebody is about to take away, until it is confirmed or let be. */
export interface Removal<T> {
  readonly doomed: T | undefined;
  readonly isRunning: boolean;
  readonly error: unknown;
  /** Asks for the confirmation. */
  ask(item: T): void;
  confirm(): void;
  close(): void;
}

/** `remove` takes it away; `onRemoved` renews what showed it. */
export function useRemoval<T>(
  remove: (item: T) => Promise<unknown>,
  onRemoved: (item: T) => Promise<unknown>,
): Removal<T> {
  const [doomed, setDoomed] = useState<T>();
  const removal = useMutation({
    mutationFn: remove,
    onSuccess: (_, item) => {
      setDoomed(undefined);
      return onRemoved(item);
    },
  });
  return {
    doomed,
    isRunning: removal.isPending,
    error: removal.error,
    ask: setDoomed,
    confirm: () => doomed !== undefined && removal.mutate(doomed),
    close: () => setDoomed(undefined),
  };
}

interface ConfirmRemovalProps<T> {
  readonly removal: Removal<T>;
  readonly title: string;
  /** What must be typed. */
  readonly nameOf: (item: T) => string;
  /** The button's whole sentence: "Delete shop". */
  readonly verbOf: (name: string) => string;
  readonly children: ReactNode;
}

export function ConfirmRemoval<T>({ removal, title, nameOf, verbOf, children }: ConfirmRemovalProps<T>) {
  const name = removal.doomed === undefined ? '' : nameOf(removal.doomed);
  return (
    <ConfirmByTyping
      open={removal.doomed !== undefined}
      title={title}
      name={name}
      verb={verbOf(name)}
      isRunning={removal.isRunning}
      error={removal.error}
      onConfirm={removal.confirm}
      onClose={removal.close}
    >
      {children}
    </ConfirmByTyping>
  );
}
