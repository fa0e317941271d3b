import { queryOptions } from '@tanstack/react-query';
import { browserApi, idempotencyKey, unwrap } from '@/lib/api';
import type { NewTrain } from '@/lib/contract';
import type { ProjectRef } from '@/lib/paths';
import { isOver, type TrainCommand } from './train-state';

const path = '/api/v1/tenants/{tenant}/projects/{project}/trains';
const one = `${path}/{train}` as const;

export const trainsKey = ({ tenant, project }: ProjectRef) => ['t', tenant, 'p', project, 'trains'];

export const trainsQuery = (place: ProjectRef) =>
  queryOptions({
    queryKey: trainsKey(place),
    queryFn: async ({ signal }) =>
      (await unwrap(browserApi.GET(path, { params: { path: place, query: { limit: 100 } }, signal }))).items,
    refetchInterval: 10_000,
  });

export const trainQuery = (place: ProjectRef, train: string) =>
  queryOptions({
    queryKey: [...trainsKey(place), train],
    queryFn: ({ signal }) => unwrap(browserApi.GET(one, { params: { path: { ...place, train } }, signal })),
    refetchInterval: (query) => (query.state.data && isOver(query.state.data) ? false : 1500),
  });

export const createTrain = (place: ProjectRef, body: NewTrain) =>
  unwrap(browserApi.POST(path, { params: { path: place }, body, headers: idempotencyKey() }));

/** A worker does it next. */
export function command(place: ProjectRef, train: string, asked: TrainCommand) {
  const params = { path: { ...place, train } };
  const headers = idempotencyKey();
  switch (asked) {
    case 'promote':
      return unwrap(browserApi.POST(`${one}/promote`, { params, headers }));
    case 'pause':
      return unwrap(browserApi.POST(`${one}/pause`, { params, headers }));
    case 'resume':
      return unwrap(browserApi.POST(`${one}/resume`, { params, headers }));
    case 'abort':
      return unwrap(browserApi.POST(`${one}/abort`, { params, headers }));
  }
}
