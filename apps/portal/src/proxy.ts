import { type NextRequest, NextResponse } from 'next/server';
import { getConfig } from './lib/config';

/** Sets the content security policy of every page (a fresh nonce each) and tells the layouts which path is being painted. */
export function proxy(request: NextRequest): NextResponse {
  const nonce = crypto.randomUUID().replaceAll('-', '');
  const policy = toPolicy(nonce);
  const headers = new Headers(request.headers);
  headers.set('x-nonce', nonce);
  headers.set('content-security-policy', policy);
  headers.set('x-slipway-path', request.nextUrl.pathname + request.nextUrl.search);
  const answer = NextResponse.next({ request: { headers } });
  answer.headers.set('content-security-policy', policy);
  if (getConfig().secureCookies) answer.headers.set('strict-transport-security', 'max-age=31536000');
  // Asks the browser whether it is dark before the first paint.
  answer.headers.set('accept-ch', 'Sec-CH-Prefers-Color-Scheme');
  answer.headers.set('critical-ch', 'Sec-CH-Prefers-Color-Scheme');
  answer.headers.append('vary', 'Sec-CH-Prefers-Color-Scheme');
  return answer;
}

function toPolicy(nonce: string): string {
  const development = process.env.NODE_ENV === 'development';
  const issuer = new URL(getConfig().issuerUrl).origin;
  return [
    "default-src 'self'",
    `script-src 'self' 'nonce-${nonce}' 'strict-dynamic'${development ? " 'unsafe-eval'" : ''}`,
    // antd writes its rules into style elements while it renders.
    "style-src 'self' 'unsafe-inline'",
    "img-src 'self' data:",
    "font-src 'self'",
    "connect-src 'self'",
    "object-src 'none'",
    "base-uri 'none'",
    `form-action 'self' ${issuer}`,
    "frame-ancestors 'none'",
  ].join('; ');
}

// Forwarded requests are left out: a proxy in front of a route buffers request bodies.
export const config = { matcher: ['/((?!api/|auth/|healthz|_next/static|_next/image|icon.svg).*)'] };
