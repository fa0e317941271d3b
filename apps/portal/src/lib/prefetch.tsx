import { dehydrate, HydrationBoundary, QueryClient, type QueryKey } from '@tanstack/react-query';
import type { ReactNode } from 'react';
import type { Api } from './api';
import { findServerApi } from './server-api';

interface Prefetchable {
  readonly queryKey: QueryKey;
  readonly queryFn?: unknown;
}

/** Loads queries on the server so that the first paint has its data. A query that fails is left to the browser, which shows its error. */
export async function Prefetch({
  queries,
  children,
}: {
  queries: (api: Api) => readonly Prefetchable[];
  children: ReactNode;
}) {
  const client = new QueryClient();
  const api = await findServerApi().catch(() => undefined);
  if (api)
    await Promise.all(
      queries(api).map((query) =>
        client.prefetchQuery({ ...query, retry: false } as Parameters<QueryClient['prefetchQuery']>[0]),
      ),
    );
  return <HydrationBoundary state={dehydrate(client)}>{children}</HydrationBoundary>;
}
