import { presetsQuery, strategyQuery } from '@/features/strategies/queries';
import { StrategyPage } from '@/features/strategies/strategy-page';
import type { ApplicationRef } from '@/lib/paths';
import { Prefetch } from '@/lib/prefetch';

export default async function Page({ params }: { params: Promise<ApplicationRef & Record<string, string>> }) {
  const { tenant, project, environment, application } = await params;
  const ref = { tenant, project, environment, application };
  return (
    <Prefetch queries={(api) => [strategyQuery(ref, api), presetsQuery(api)]}>
      <StrategyPage application={ref} />
    </Prefetch>
  );
}
