import { NextResponse } from 'next/server';
import { getConfig } from '@/lib/config';
import { beginLogin } from '@/lib/oidc';
import { readLocale } from '@/lib/preferences';
import { toReturnPath } from '@/lib/return-to';
import { getLoginCookie } from '@/lib/session';

export const dynamic = 'force-dynamic';

export async function GET(request: Request): Promise<Response> {
  const returnTo = toReturnPath(new URL(request.url).searchParams.get('returnTo'));
  try {
    const { url, attempt } = await beginLogin(returnTo, await readLocale());
    const cookie = await getLoginCookie();
    cookie.attempt = attempt;
    await cookie.save();
    return NextResponse.redirect(url);
  } catch (error) {
    console.error(JSON.stringify({ level: 'error', msg: 'The issuer does not answer', error: String(error) }));
    return NextResponse.redirect(
      `${getConfig().portalUrl}/signed-out?problem=issuer-unreachable&returnTo=${encodeURIComponent(returnTo)}`,
    );
  }
}
