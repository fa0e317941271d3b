'use client';
import { useMutation, useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import { applicationKey } from '@/features/applications/queries';
import type { PlacementStrategy, Strategy } from '@/lib/contract';
import { diffValues } from '@/lib/diff-values';
import type { ApplicationRef } from '@/lib/paths';
import { ApiProblem } from '@/lib/problem';
import { saveStrategy, strategyQuery } from './queries';
import { type StrategyDraft, toDraft, toStrategy, toTextDraft } from './strategy-draft';

const isSame = (one: Strategy, other: Strategy): boolean => diffValues(one, other).length === 0;

/** The draft of a strategy, what it is compared with, and whether somebody changed that meanwhile. */
export function useStrategyEdit(ref: ApplicationRef, inForce: PlacementStrategy, onSaved: () => void) {
  const client = useQueryClient();
  const [edited, setEdited] = useState<{ draft: StrategyDraft; base: Strategy }>();
  const draft = edited?.draft ?? toDraft(inForce.strategy);
  const strategy = toStrategy(draft);
  const changes = diffValues(inForce.strategy, strategy);
  // The version grows with each rollout and scaling too: only another strategy is a conflict.
  const isConflict = edited !== undefined && !isSame(edited.base, inForce.strategy) && changes.length > 0;
  const discard = () => {
    setEdited(undefined);
    save.reset();
  };
  const save = useMutation({
    mutationFn: async () => {
      try {
        return await saveStrategy(ref, strategy, inForce.version);
      } catch (error) {
        if (!(error instanceof ApiProblem) || error.code !== 'version-stale') throw error;
        const now = await client.fetchQuery({ ...strategyQuery(ref), staleTime: 0 });
        if (!isSame(now.strategy, inForce.strategy)) throw error;
        return saveStrategy(ref, strategy, now.version);
      }
    },
    onSuccess: async (saved) => {
      client.setQueryData(strategyQuery(ref).queryKey, saved);
      setEdited(undefined);
      onSaved();
      await client.invalidateQueries({ queryKey: applicationKey(ref) });
    },
  });
  const problem = save.error instanceof ApiProblem ? save.error : undefined;
  return {
    draft,
    strategy,
    changes,
    isDirty: edited !== undefined && changes.length > 0,
    isConflict,
    change: (part: Partial<StrategyDraft>) => {
      save.reset();
      setEdited({ draft: { ...draft, ...part }, base: edited?.base ?? inForce.strategy });
    },
    replace: (next: Strategy) => {
      save.reset();
      setEdited({ draft: toDraft(next), base: edited?.base ?? inForce.strategy });
    },
    /** As text: it stays as it is typed until the form takes it. */
    write: (next: Strategy) => {
      save.reset();
      setEdited({ draft: toTextDraft(next), base: edited?.base ?? inForce.strategy });
    },
    /** Takes note of what somebody else saved; mine is compared with it from now on. */
    keepMine: () => setEdited({ draft, base: inForce.strategy }),
    discard,
    save,
    /** The API's messages by path. */
    refusals: problem?.fields ?? [],
  };
}
