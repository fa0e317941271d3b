import { NextResponse } from 'next/server';
import { getConfig } from '@/lib/config';
import { finishLogin } from '@/lib/oidc';
import { getLoginCookie, startSession } from '@/lib/session';

export const dynamic = 'force-dynamic';

export async function GET(request: Request): Promise<Response> {
  const { portalUrl } = getConfig();
  const cookie = await getLoginCookie();
  const attempt = cookie.attempt;
  if (!attempt) return NextResponse.redirect(`${portalUrl}/signed-out?problem=sign-in-expired`);
  try {
    await startSession(await finishLogin(new URL(request.url).search, attempt));
    cookie.destroy();
    return NextResponse.redirect(`${portalUrl}${attempt.returnTo}`);
  } catch (error) {
    console.error(
      JSON.stringify({
        level: 'error',
        msg: 'The sign-in failed',
        error: String(error),
        cause: String(error instanceof Error ? error.cause : ''),
      }),
    );
    return NextResponse.redirect(
      `${portalUrl}/signed-out?problem=sign-in-failed&returnTo=${encodeURIComponent(attempt.returnTo)}`,
    );
  }
}
