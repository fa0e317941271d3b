import { createClient, type SlipwayClient } from '@slipway/sdk';
import { ApiProblem, toProblem } from './problem';

export type Api = SlipwayClient;

/** The API in the browser: the session's cookie speaks for the user, the header tells our own requests from a stranger's form. */
export const browserApi: Api = createClient({ baseUrl: '', headers: { 'x-slipway-csrf': '1' } });

/** The answer's body. Throws `ApiProblem` for a refusal; a session that ended leads to the sign-in. */
export async function unwrap<T>(asked: Promise<{ data?: T }>): Promise<T> {
  try {
    const { data } = await asked;
    // The client throws for every answer that is no success; a route without a body has the type undefined.
    return data as T;
  } catch (error) {
    const problem = toProblem(error);
    if (problem instanceof ApiProblem && problem.status === 401 && typeof window !== 'undefined') {
      const here = window.location.pathname + window.location.search;
      window.location.assign(`/auth/login?returnTo=${encodeURIComponent(here)}`);
    }
    throw problem;
  }
}

/** A key that makes a POST safe to repeat. */
export function idempotencyKey(): { 'idempotency-key': string } {
  return { 'idempotency-key': crypto.randomUUID() };
}
