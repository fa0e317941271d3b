import { NextResponse } from 'next/server';
import { getConfig } from '@/lib/config';
import { endSessionUrl } from '@/lib/oidc';
import { endSession, findAccessToken } from '@/lib/session';

export const dynamic = 'force-dynamic';

const answerMilliseconds = 3_000;

/** Ends the session here, at the API and at the issuer. Posted by a form of our own pages: another site's form is refused. */
export async function POST(request: Request): Promise<Response> {
  const { portalUrl } = getConfig();
  const site = request.headers.get('sec-fetch-site');
  if (site !== null && site !== 'same-origin') return NextResponse.redirect(portalUrl, 303);
  await endAtApi().catch((error: unknown) => {
    console.error(JSON.stringify({ level: 'error', msg: 'The API did not end the session', error: String(error) }));
  });
  const idToken = await endSession();
  const url = await endSessionUrl(idToken).catch(() => undefined);
  return NextResponse.redirect(url ?? `${portalUrl}/signed-out`, 303);
}

/** Its tokens are good for nothing then, and the issuer's session ends also when the browser never gets there. */
async function endAtApi(): Promise<void> {
  const token = await findAccessToken();
  if (!token) return;
  const url = `${getConfig().apiUrl}/api/v1/me/sessions/current`;
  const headers = { authorization: `Bearer ${token}` };
  const answer = await fetch(url, { method: 'DELETE', headers, signal: AbortSignal.timeout(answerMilliseconds) });
  // Ended already is ended.
  if (!answer.ok && answer.status !== 401) throw new Error(`${url} answered ${answer.status}`);
}
