import type { ReactNode } from 'react';
import { ApplicationFrame } from '@/features/applications/application-frame';
import { applicationQuery, statusQuery } from '@/features/applications/queries';
import type { ApplicationRef } from '@/lib/paths';
import { Prefetch } from '@/lib/prefetch';

export default async function ApplicationLayout({
  params,
  children,
}: {
  params: Promise<ApplicationRef & Record<string, string>>;
  children: ReactNode;
}) {
  const { tenant, project, environment, application } = await params;
  const ref = { tenant, project, environment, application };
  return (
    <Prefetch queries={(api) => [applicationQuery(ref, api), statusQuery(ref, api)]}>
      <ApplicationFrame application={ref}>{children}</ApplicationFrame>
    </Prefetch>
  );
}
