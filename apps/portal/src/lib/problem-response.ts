/** Problem details that the portal itself answers, in the API's shape. */
export function problemResponse(status: number, code: string, title: string, remedy: string): Response {
  const body = { type: 'about:blank', title, status, code, detail: title, remedy, requestId: crypto.randomUUID() };
  const headers = { 'content-type': 'application/problem+json', 'cache-control': 'no-store' };
  return Response.json(body, { status, headers });
}
