'use client';
import { useQuery } from '@tanstack/react-query';
import { useTranslations } from 'next-intl';
import * as z from 'zod/mini';
import { statusQuery } from '@/features/applications/queries';
import { toCli } from '@/lib/cli';
import type { ApplicationRef } from '@/lib/paths';
import { useAddress } from '@/lib/use-address';
import { useLogLines } from '@/lib/use-log-lines';
import { Equivalents } from '@/ui/equivalents';
import { Select } from '@/ui/field';
import { LogView } from '@/ui/log-view';
import { podsQuery, toLogPath } from './queries';

const lineSchema = z.object({
  pod: z.optional(z.string()),
  process: z.optional(z.string()),
  at: z.optional(z.string()),
  text: z.string(),
  stream: z.optional(z.string()),
});

/** The log of an application's pods as it is written; the filters are in the address. */
export function LogsTab({ application: ref }: { application: ApplicationRef }) {
  const t = useTranslations('logs');
  const [process, setProcess] = useAddress('process', '');
  const [pod, setPod] = useAddress('pod', '');
  const processes = useQuery(statusQuery(ref)).data?.processes ?? [];
  const pods = useQuery(podsQuery(ref)).data ?? [];
  const { lines, state } = useLogLines(toLogPath(ref, { process, pod }), (data) => {
    const line = lineSchema.parse(data);
    return { at: line.at, origin: pod ? undefined : line.pod, text: line.text, isError: line.stream === 'stderr' };
  });
  const podNames = [...new Set([...pods.map((one) => one.name), ...(pod ? [pod] : [])])];
  return (
    <>
      <div className="tab-tools">
        <Equivalents
          items={[
            {
              title: t('title'),
              cli: toCli('logs -f', ref),
              api: `GET /api/v1/tenants/${ref.tenant}/projects/${ref.project}/applications/${ref.application}/environments/${ref.environment}/logs?follow=true&tail=500`,
            },
          ]}
        />
      </div>
      <LogView
        tall
        label={t('title')}
        lines={lines}
        state={state}
        fileName={`${ref.application}-${ref.environment}.log`}
        empty={t('empty')}
        filters={
          <>
            <Select
              aria-label={t('process')}
              value={process}
              onChange={setProcess}
              options={[
                { value: '', label: t('allProcesses') },
                ...processes.map(({ name }) => ({ value: name, label: name })),
              ]}
            />
            <Select
              aria-label={t('pod')}
              value={pod}
              onChange={setPod}
              options={[{ value: '', label: t('allPods') }, ...podNames.map((name) => ({ value: name, label: name }))]}
            />
          </>
        }
      />
    </>
  );
}
