import { TrainPage } from '@/features/trains/train-page';
import type { ProjectRef } from '@/lib/paths';

export default async function Page({
  params,
}: {
  params: Promise<ProjectRef & { train: string } & Record<string, string>>;
}) {
  const { tenant, project, train } = await params;
  return <TrainPage place={{ tenant, project }} name={train} />;
}
