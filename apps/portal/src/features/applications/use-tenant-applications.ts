'use client';
import { useQueries, useQuery } from '@tanstack/react-query';
import { projectsQuery } from '@/features/projects/queries';
import type { Application } from '@/lib/contract';
import { applicationsQuery } from './queries';

export interface ApplicationRow extends Application {
  readonly project: string;
}

/** The applications of all the tenant's projects; undefined until every project has answered. */
export function useTenantApplications(tenant: string): {
  rows: readonly ApplicationRow[] | undefined;
  error: unknown;
  projectCount: number | undefined;
} {
  const projects = useQuery(projectsQuery(tenant));
  const names = projects.data?.map((project) => project.name) ?? [];
  const answers = useQueries({ queries: names.map((project) => applicationsQuery({ tenant, project })) });
  const isComplete = projects.data !== undefined && answers.every((answer) => answer.data !== undefined);
  const rows = isComplete
    ? answers.flatMap((answer, index) =>
        (answer.data ?? []).map((application) => ({ ...application, project: names[index] ?? '' })),
      )
    : undefined;
  return {
    rows,
    error: projects.error ?? answers.find((answer) => answer.error)?.error,
    projectCount: projects.data?.length,
  };
}
