import { podsQuery } from '@/features/pods/queries';
import { analysisQuery, rolloutQuery, transitionsQuery } from '@/features/rollouts/queries';
import { RolloutPage } from '@/features/rollouts/rollout-page';
import type { ApplicationRef } from '@/lib/paths';
import { Prefetch } from '@/lib/prefetch';

export default async function Page({
  params,
}: {
  params: Promise<ApplicationRef & { id: string } & Record<string, string>>;
}) {
  const { tenant, project, environment, application, id } = await params;
  const ref = { tenant, project, environment, application };
  return (
    <Prefetch
      queries={(api) => [
        rolloutQuery(ref, id, api),
        podsQuery(ref, api),
        analysisQuery(ref, id, false, api),
        transitionsQuery(ref, id, api),
      ]}
    >
      <RolloutPage application={ref} id={id} />
    </Prefetch>
  );
}
