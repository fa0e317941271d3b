'use client';
import { useQuery } from '@tanstack/react-query';
import type { ApplicationRef } from '@/lib/paths';
import { ErrorBox } from '@/ui/error-box';
import { strategyQuery } from './queries';
import { StrategyEditor } from './strategy-editor';

/** How releases are rolled out to this environment, from the next rollout on. */
export function StrategyPage({ application }: { application: ApplicationRef }) {
  const strategy = useQuery(strategyQuery(application));
  if (strategy.error && !strategy.data) return <ErrorBox error={strategy.error} />;
  if (!strategy.data) return null;
  return <StrategyEditor application={application} inForce={strategy.data} />;
}
