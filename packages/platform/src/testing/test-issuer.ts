import { randomUUID } from 'node:crypto';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { exportJWK, generateKeyPair, type JWTPayload, SignJWT } from 'jose';

/** What our own code asks of an outside issuer, as Keycloak answers it: keys, and the sessions that its administration knows. */
export interface TestIssuer {
  readonly url: string;
  /** An access token; claims that are undefined are left out. */
  sign(claims: JWTPayload, kid?: string): Promise<string>;
  signLogout(claims: JWTPayload): Promise<string>;
  /** Signs by a new key, which is published from now on. */
  rotateKey(kid: string): Promise<void>;
  /** By the issuer's id of the user. */
  readonly sessions: Map<string, { id: string; start: number }[]>;
  /** How often the keys were asked for. */
  readonly keyRequests: () => number;
  stop(): Promise<void>;
  /** Again at the same address. */
  start(): Promise<void>;
}

export const testIssuerSecret = 'api-client-secret';

export async function startTestIssuer(): Promise<TestIssuer> {
  const keys = new Map<string, Awaited<ReturnType<typeof generateKeyPair>>>();
  const sessions: TestIssuer['sessions'] = new Map();
  let current = 'first';
  let asked = 0;
  const rotateKey = async (kid: string) => {
    keys.set(kid, await generateKeyPair('RS256', { modulusLength: 2048 }));
    current = kid;
  };
  await rotateKey(current);

  const answer = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    const send = (status: number, body?: unknown) => {
      response.writeHead(status, { 'content-type': 'application/json' });
      response.end(body === undefined ? undefined : JSON.stringify(body));
    };
    const path = request.url ?? '';
    if (path.endsWith('/protocol/openid-connect/certs')) {
      asked++;
      const all = [...keys].map(async ([kid, { publicKey }]) => ({ ...(await exportJWK(publicKey)), kid, use: 'sig' }));
      return send(200, { keys: [{ kty: 'EC', kid: 'other' }, ...(await Promise.all(all))] });
    }
    if (path.endsWith('/protocol/openid-connect/token')) {
      const chunks: Buffer[] = [];
      for await (const chunk of request) chunks.push(chunk as Buffer);
      const form = new URLSearchParams(Buffer.concat(chunks).toString());
      return form.get('client_secret') === testIssuerSecret ? send(200, { access_token: 'administration' }) : send(401);
    }
    if (request.headers.authorization !== 'Bearer administration') return send(401);
    const [, user] = /^\/admin\/realms\/slipway\/users\/([^/]+)\/sessions$/.exec(path) ?? [];
    if (user && request.method === 'GET') return sessions.has(user) ? send(200, sessions.get(user)) : send(404);
    const [, sid] = /^\/admin\/realms\/slipway\/sessions\/([^/]+)$/.exec(path) ?? [];
    for (const [id, known] of sessions) {
      const left = known.filter((session) => session.id !== sid);
      if (left.length === known.length) continue;
      sessions.set(id, left);
      return send(204);
    }
    send(404);
  };
  const server = createServer((request, response) => {
    answer(request, response).catch(() => response.destroy());
  });
  const listen = (port: number) => new Promise<void>((resolve) => server.listen(port, '127.0.0.1', resolve));
  await listen(0);
  const address = server.address();
  const port = typeof address === 'object' && address ? address.port : 0;
  const url = `http://127.0.0.1:${port}/realms/slipway`;

  const signClaims = (claims: JWTPayload, kid: string) => {
    const key = keys.get(kid)?.privateKey ?? keys.get(current)?.privateKey;
    if (!key) throw new Error('no key');
    return new SignJWT(claims).setProtectedHeader({ alg: 'RS256', kid }).sign(key);
  };
  const now = () => Math.floor(Date.now() / 1000);
  return {
    url,
    sessions,
    rotateKey,
    keyRequests: () => asked,
    sign: (claims, kid = current) =>
      signClaims({ iss: url, aud: 'slipway-api', typ: 'Bearer', iat: now(), exp: now() + 300, ...claims }, kid),
    signLogout: (claims) => {
      const events = { 'http://schemas.openid.net/event/backchannel-logout': {} };
      const usual = { iss: url, aud: 'slipway-portal', iat: now(), exp: now() + 120, jti: randomUUID(), events };
      return signClaims({ ...usual, ...claims }, current);
    },
    start: () => listen(port),
    stop: () =>
      new Promise<void>((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}
