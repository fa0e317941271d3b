import { getConfig } from '@/lib/config';

export const dynamic = 'force-dynamic';

/** Alive and configured; Redis and the API have health checks of their own. */
export function GET(): Response {
  getConfig();
  return new Response('ok\n', { headers: { 'cache-control': 'no-store' } });
}
