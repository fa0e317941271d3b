import { NextResponse } from 'next/server';
import { getConfig } from '@/lib/config';
import { endSessionUrl } from '@/lib/oidc';
import { endSession } from '@/lib/session';

export const dynamic = 'force-dynamic';

/** Ends the session here and at the issuer. Posted by a form of our own pages: another site's form is refused. */
export async function POST(request: Request): Promise<Response> {
  const { portalUrl } = getConfig();
  const site = request.headers.get('sec-fetch-site');
  if (site !== null && site !== 'same-origin') return NextResponse.redirect(portalUrl, 303);
  const idToken = await endSession();
  const url = await endSessionUrl(idToken).catch(() => undefined);
  return NextResponse.redirect(url ?? `${portalUrl}/signed-out`, 303);
}
