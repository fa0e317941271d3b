import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { useEffect, useState } from 'react';
import { applicationKey } from '@/features/applications/queries';
import type { ApplicationRef } from '@/lib/paths';
import { type Asked, isDone } from './drift-state';
import { askWorker, driftQuery } from './queries';

const pollMilliseconds = 700;
const restMilliseconds = 15_000;
const patienceMilliseconds = 30_000;

/** The drift, and what was asked of the worker until it has done it. `onDone` hears of that once. */
export function useAsked(ref: ApplicationRef, onDone: (verb: Asked['verb']) => void) {
  const client = useQueryClient();
  const [asked, setAsked] = useState<Asked>();
  const [isLate, setLate] = useState(false);
  const drift = useQuery({ ...driftQuery(ref), refetchInterval: asked ? pollMilliseconds : restMilliseconds });
  const ask = useMutation({
    mutationFn: (verb: Asked['verb']) => askWorker(ref, verb),
    onSuccess: ({ lookedAt }, verb) => setAsked({ verb, lookedAt }),
  });
  const hasDone = asked !== undefined && drift.data !== undefined && isDone(asked, drift.data);

  useEffect(() => {
    if (!asked || !hasDone) return;
    setAsked(undefined);
    setLate(false);
    onDone(asked.verb);
    void client.invalidateQueries({ queryKey: applicationKey(ref) });
  }, [asked, hasDone, onDone, client, ref]);

  useEffect(() => {
    if (!asked) return;
    setLate(false);
    const timer = setTimeout(() => {
      setAsked(undefined);
      setLate(true);
    }, patienceMilliseconds);
    return () => clearTimeout(timer);
  }, [asked]);

  const lookedAt = drift.data?.lookedAt;
  // biome-ignore lint/correctness/useExhaustiveDependencies: that it was looked at is the reason
  useEffect(() => setLate(false), [lookedAt]);

  return {
    drift,
    /** What is under way. */
    verb: ask.isPending ? ask.variables : asked?.verb,
    isLate,
    error: ask.error,
    ask: ask.mutate,
  };
}
