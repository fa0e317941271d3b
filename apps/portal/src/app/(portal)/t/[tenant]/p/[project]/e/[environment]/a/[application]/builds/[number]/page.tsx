import { notFound } from 'next/navigation';
import { BuildPage } from '@/features/builds/build-page';
import { buildQuery } from '@/features/builds/queries';
import type { ApplicationRef } from '@/lib/paths';
import { Prefetch } from '@/lib/prefetch';

export default async function Page({
  params,
}: {
  params: Promise<ApplicationRef & { number: string } & Record<string, string>>;
}) {
  const { tenant, project, environment, application, number: text } = await params;
  const number = Number(text);
  if (!Number.isInteger(number)) notFound();
  const ref = { tenant, project, environment, application };
  return (
    <Prefetch queries={(api) => [buildQuery(ref, number, api)]}>
      <BuildPage application={ref} number={number} />
    </Prefetch>
  );
}
