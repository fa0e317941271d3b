import { createHash, randomBytes } from 'node:crypto';
import Provider, { errors, type KoaContextWithOIDC, type Configuration as ProviderConfiguration } from 'oidc-provider';
import { addressOf } from '../../kernel/access/authenticator.js';
import { type Configuration, readSecretFile } from '../../kernel/config/config.js';
import type { UserModel } from '../../kernel/database/index.js';
import { SlipwayError } from '../../kernel/errors/errors.js';
import type { IssuerSession } from '../sessions.service.js';
import type { Attempt } from '../sign-in.service.js';
import { createAdapterFactory } from './issuer-adapter.js';
import { apiAudience, readIssuerKey } from './issuer-key.js';
import {
  chooseLanguage,
  type Language,
  renderDeviceConfirm,
  renderDeviceInput,
  renderLogout,
  renderMessage,
} from './issuer-pages.js';

const protocol = '/protocol/openid-connect';
const resource = 'urn:slipway:api';
const scopes = 'openid profile email';
const minutes = 60;
const hours = 60 * minutes;
const days = 24 * hours;

/** With what the issuer's tokens say of it. */
export type IssuerUser = UserModel & { readonly isAdmin: boolean };

export interface IssuerUsers {
  /** Undefined for a user who is not there or disabled. */
  find(id: string): Promise<IssuerUser | undefined>;
  /**
   * Undefined when the user name, the password or the code of the second factor is wrong; throws 429 after too many attempts,
   * and `SecondFactorMissing` when a code is needed and none was given.
   */
  verify(attempt: Attempt, password: string, code: string | undefined): Promise<UserModel | undefined>;
  /** Notes the session that a browser has got. */
  noteSession(session: IssuerSession, origin: { address: string | null; device: string | undefined }): Promise<void>;
  /** Notes that the browser of a session has signed out. */
  noteSignOut(sid: string, address: string | null): Promise<void>;
}

/** The password is right, but a second factor must be given too, or set up first. */
export class SecondFactorMissing extends Error {
  override readonly name = 'SecondFactorMissing';
}

/**
 * The built-in issuer: oidc-provider with Keycloak's paths and claims, so that a Keycloak can take its place by URL.
 * Clients: `slipway-portal` (confidential, code with PKCE, refresh tokens) and `slipway-cli` (public; device flow, and the
 * resource owner's password for scripts).
 */
export function createIssuer(
  config: Configuration,
  adapter: ReturnType<typeof createAdapterFactory>,
  users: IssuerUsers,
): Provider {
  const key = readIssuerKey(config);
  const cookieKey = createHash('sha256').update(`cookies ${key.d}`).digest('base64url');
  const apiServer = {
    scope: scopes,
    audience: apiAudience,
    accessTokenFormat: 'jwt' as const,
    accessTokenTTL: 5 * minutes,
    jwt: { sign: { alg: 'RS256' as const } },
  };
  const settings: ProviderConfiguration = {
    adapter,
    clients: clientsOf(config),
    jwks: { keys: [{ ...key, use: 'sig', alg: 'RS256' }] },
    cookies: {
      keys: [cookieKey],
      names: { session: 'slipway_issuer', interaction: 'slipway_interaction', resume: 'slipway_resume' },
      long: { httpOnly: true, sameSite: 'lax', path: '/realms/slipway' },
      short: { httpOnly: true, sameSite: 'lax' },
    },
    routes: {
      authorization: `${protocol}/auth`,
      token: `${protocol}/token`,
      jwks: `${protocol}/certs`,
      userinfo: `${protocol}/userinfo`,
      introspection: `${protocol}/token/introspect`,
      revocation: `${protocol}/revoke`,
      end_session: `${protocol}/logout`,
      device_authorization: `${protocol}/auth/device`,
      code_verification: '/device',
      pushed_authorization_request: `${protocol}/ext/par/request`,
    },
    features: {
      devInteractions: { enabled: false },
      introspection: { enabled: true },
      revocation: { enabled: true },
      deviceFlow: {
        enabled: true,
        userCodeInputSource: (ctx, form, _out, error) =>
          page(ctx, renderDeviceInput(languageOf(ctx), form, Boolean(error))),
        userCodeConfirmSource: (ctx, form, _client, _device, userCode) =>
          page(ctx, renderDeviceConfirm(languageOf(ctx), form, userCode)),
        successSource: (ctx) => page(ctx, renderMessage(languageOf(ctx), 'device', 'deviceDone')),
      },
      rpInitiatedLogout: {
        enabled: true,
        logoutSource: (ctx, form) => {
          // With the hint of a token that is his, the user has asked already.
          const nonce = ctx.oidc.entities.IdTokenHint ? randomBytes(16).toString('base64') : undefined;
          page(ctx, renderLogout(languageOf(ctx), form, nonce), nonce);
        },
        postLogoutSuccessSource: (ctx) => page(ctx, renderMessage(languageOf(ctx), 'signOut', 'signedOut')),
      },
      resourceIndicators: {
        enabled: true,
        defaultResource: () => resource,
        useGrantedResource: () => true,
        getResourceServerInfo: () => apiServer,
      },
    },
    pkce: { required: () => true },
    scopes: [...scopes.split(' '), 'offline_access'],
    claims: {
      openid: ['sub', 'typ', 'azp'],
      profile: ['preferred_username', 'name', 'locale', 'realm_access'],
      email: ['email'],
    },
    conformIdTokenClaims: false,
    issueRefreshToken: (_ctx, client) => client.grantTypeAllowed('refresh_token'),
    // Each is used once: whoever uses one again ends all that came of the sign-in.
    rotateRefreshToken: true,
    findAccount: async (_ctx, id) => {
      const user = await users.find(id);
      if (!user) return undefined;
      return { accountId: id, claims: (use) => ({ ...claimsOf(user), ...(use === 'id_token' ? { typ: 'ID' } : {}) }) };
    },
    extraTokenClaims: async (_ctx, token) => {
      const user = 'accountId' in token && token.accountId ? await users.find(token.accountId) : undefined;
      const sid: unknown = Reflect.get(token, 'sessionUid');
      const session = typeof sid === 'string' ? { sid } : {};
      return { typ: 'Bearer', azp: token.clientId, ...session, ...(user ? claimsOf(user) : {}) };
    },
    // Both clients are ours: nobody is asked to consent.
    loadExistingGrant: async (ctx) => {
      const { client, session, provider } = ctx.oidc;
      if (!client || !session?.accountId) return undefined;
      const id = ctx.oidc.result?.consent?.grantId ?? session.grantIdFor(client.clientId);
      const known = id ? await provider.Grant.find(id) : undefined;
      const grant = known ?? new provider.Grant({ clientId: client.clientId, accountId: session.accountId });
      allowAll(grant);
      await grant.save();
      return grant;
    },
    interactions: { url: (_ctx, interaction) => `/realms/slipway/login-actions/authenticate/${interaction.uid}` },
    ttl: {
      AccessToken: 5 * minutes,
      AuthorizationCode: 1 * minutes,
      DeviceCode: 10 * minutes,
      IdToken: 5 * minutes,
      Interaction: 30 * minutes,
      RefreshToken: 30 * days,
      Session: 30 * days,
      Grant: 30 * days,
    },
    renderError: (ctx, out) => {
      page(ctx, renderMessage(languageOf(ctx), 'signIn', 'failed', out.error_description ?? out.error));
    },
  };
  const provider = new Provider(config.issuerUrl, settings);
  provider.proxy = config.issuerUrl.startsWith('https:');
  provider.use(async (ctx, next) => {
    await next();
    // Before a browser leaves with a code, its session has a row with the device and the address.
    const oidc: KoaContextWithOIDC['oidc'] | undefined = Reflect.get(ctx, 'oidc');
    const session = oidc && findNewSession(oidc);
    const device = ctx.get('user-agent').slice(0, 300) || undefined;
    if (session) await users.noteSession(session, { address: addressOf(ctx.req), device });
    // A session that ended by a sign-out ends for the API, too.
    const ended = oidc?.route === 'end_session_confirm' && oidc.params?.['logout'] ? oidc.session?.uid : undefined;
    if (ended !== undefined) await users.noteSignOut(ended, addressOf(ctx.req));
  });
  addPasswordGrant(provider, users, apiServer);
  return provider;
}

function clientsOf(config: Configuration): ProviderConfiguration['clients'] {
  return [
    {
      client_id: 'slipway-portal',
      client_secret: readSecretFile(config.portalClientSecretFile, 'SLIPWAY_PORTAL_CLIENT_SECRET_FILE'),
      grant_types: ['authorization_code', 'refresh_token'],
      response_types: ['code'],
      redirect_uris: [`${config.portalUrl}/auth/callback`],
      post_logout_redirect_uris: [config.portalUrl, `${config.portalUrl}/`],
      token_endpoint_auth_method: 'client_secret_post',
    },
    {
      client_id: 'slipway-cli',
      grant_types: ['urn:ietf:params:oauth:grant-type:device_code', 'refresh_token', 'password'],
      response_types: [],
      redirect_uris: [],
      application_type: 'native',
      token_endpoint_auth_method: 'none',
    },
  ];
}

function claimsOf(user: IssuerUser) {
  return {
    sub: user.id,
    preferred_username: user.username,
    name: user.displayName,
    email: user.email ?? undefined,
    locale: user.locale ?? undefined,
    realm_access: { roles: user.isAdmin ? ['slipway-admin'] : [] },
  };
}

function allowAll(grant: InstanceType<Provider['Grant']>): void {
  grant.addOIDCScope(`${scopes} offline_access`);
  grant.addResourceScope(resource, scopes);
}

/** The session of a request that ends a sign-in. */
function findNewSession({ session, client, route }: KoaContextWithOIDC['oidc']): IssuerSession | undefined {
  if (!['authorization', 'resume', 'device_resume'].includes(route)) return undefined;
  if (!session?.accountId || !client) return undefined;
  return { userId: session.accountId, sid: session.uid, client: client.clientId };
}

/** RFC 6749 §4.3, as Keycloak's direct access grants have it; for `slipway login --username`. */
function addPasswordGrant(
  provider: Provider,
  users: IssuerUsers,
  apiServer: ConstructorParameters<Provider['ResourceServer']>[1],
): void {
  const handler = async (ctx: KoaContextWithOIDC) => {
    const { client, params } = ctx.oidc;
    const [username, password] = [params?.['username'], params?.['password']];
    if (!client || typeof username !== 'string' || typeof password !== 'string') {
      throw new errors.InvalidRequest('username and password are needed');
    }
    const attempt = { username, source: addressOf(ctx.req) ?? '', userAgent: ctx.get('user-agent').slice(0, 300) };
    const totp = typeof params?.['totp'] === 'string' ? params['totp'] : undefined;
    const user = await users.verify(attempt, password, totp).catch(toGrantError);
    if (!user) throw new errors.InvalidGrant('Invalid user credentials');
    const grant = new provider.Grant({ accountId: user.id, clientId: client.clientId });
    allowAll(grant);
    const keys = { accountId: user.id, client, grantId: await grant.save(), gty: 'password', scope: scopes };
    const token = new provider.AccessToken(keys);
    token.resourceServer = new provider.ResourceServer(resource, apiServer);
    const accessToken = await token.save();
    ctx.body = { access_token: accessToken, token_type: token.tokenType, expires_in: token.expiration, scope: scopes };
  };
  provider.registerGrantType('password', handler, ['username', 'password', 'scope', 'totp']);
}

function toGrantError(error: unknown): never {
  if (error instanceof SecondFactorMissing) throw new errors.CustomOIDCProviderError('invalid_grant', error.message);
  if (error instanceof SlipwayError && error.code === 'too-many-requests') {
    const refusal = new errors.CustomOIDCProviderError('slow_down', 'Too many attempts. Wait a while, then try again.');
    throw Object.assign(refusal, { status: 429, statusCode: 429 });
  }
  throw error;
}

function languageOf(ctx: KoaContextWithOIDC): Language {
  return chooseLanguage(ctx.oidc?.params?.['ui_locales'] ?? ctx.query['ui_locales'], ctx.get('accept-language'));
}

/** Sends a page with a policy that lets nothing foreign in. */
function page(ctx: KoaContextWithOIDC, html: string, scriptNonce?: string): void {
  ctx.type = 'html';
  ctx.set('Content-Security-Policy', pagePolicy(scriptNonce));
  ctx.set('Cache-Control', 'no-store');
  ctx.body = html;
}

export function pagePolicy(scriptNonce?: string): string {
  const script = scriptNonce ? `; script-src 'nonce-${scriptNonce}'` : '';
  return `default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'none'; base-uri 'none'${script}`;
}
