import 'reflect-metadata';
import { generateKeyPairSync, randomBytes } from 'node:crypto';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import type { Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { type DynamicModule, type INestApplication, Module, type Type } from '@nestjs/common';
import { DiscoveryService, NestFactory } from '@nestjs/core';
import { AccessModule } from '../access/access.module.js';
import { AdoptionsModule } from '../adoptions/adoptions.module.js';
import { AuditModule } from '../audit/audit.module.js';
import { ClustersModule } from '../clusters/clusters.module.js';
import { EnvironmentsModule } from '../environments/environments.module.js';
import { EventsModule } from '../events/events.module.js';
import { IdentityModule } from '../identity/identity.module.js';
import { type Configuration, loadConfig } from '../kernel/config/config.js';
import { Database } from '../kernel/database/index.js';
import { migrate } from '../kernel/database/migrate.js';
import { prepareApplication } from '../kernel/http/application.js';
import { listRoutes, type RouteEntry } from '../kernel/http/openapi.js';
import { createToken, hashToken, newId } from '../kernel/ids/ids.js';
import { createKernelModule } from '../kernel/kernel.module.js';
import { OnboardingModule } from '../onboarding/onboarding.module.js';
import { OperationsModule } from '../operations/operations.module.js';
import { ProjectsModule } from '../projects/projects.module.js';
import { RequestsModule } from '../requests/requests.module.js';
import { TenantsModule } from '../tenants/tenants.module.js';
import { watchChanges } from './audited-routes.js';
import { createOwnDatabase, createOwnRedis } from './own-databases.js';

const migrations = fileURLToPath(new URL('../../../../prisma/migrations', import.meta.url));
const base = [
  AccessModule,
  AdoptionsModule,
  AuditModule,
  ClustersModule,
  EnvironmentsModule,
  EventsModule,
  IdentityModule,
  OnboardingModule,
  OperationsModule,
  ProjectsModule,
  RequestsModule,
  TenantsModule,
];

@Module({})
class TestModule {}

export interface Answer {
  readonly status: number;
  readonly headers: Headers;
  // biome-ignore lint/suspicious/noExplicitAny: tests look into answers of every shape
  readonly body: any;
}

export interface TestApi {
  readonly app: INestApplication;
  readonly url: string;
  readonly config: Configuration;
  readonly routes: readonly RouteEntry[];
  /** A request under /api/v1 with a bearer (or none). */
  call(
    token: string | undefined,
    method: string,
    path: string,
    body?: unknown,
    headers?: Record<string, string>,
  ): Promise<Answer>;
  /** An access token by the password grant. */
  login(username: string, password?: string): Promise<string>;
  /** The bootstrap administrator's access token. */
  readonly admin: string;
  /** Makes a user with the default password, and gives an access token. */
  createUser(username: string): Promise<string>;
  close(): Promise<void>;
}

declare module 'vitest' {
  interface ProvidedContext {
    databaseUrl: string;
    redisUrl: string;
  }
}

export const testPassword = 'correct-horse-battery';

/** The whole API in this process, on a database of its own; `modules` adds features that the base has not. */
export async function startTestApi(options: {
  databaseUrl: string;
  redisUrl: string;
  modules?: readonly Type[];
  env?: Record<string, string>;
  /** An administrator's access token of another issuer, where `env` names one. */
  admin?: string;
}): Promise<TestApi> {
  const folder = mkdtempSync(path.join(tmpdir(), 'slipway-api-'));
  // What tests ask beside the API is for all tenants; the API itself sets it with each connection.
  const { url: databaseUrl, drop } = await createOwnDatabase(options.databaseUrl, '*');
  await migrate({ databaseUrl, folder: migrations });
  const port = await freePort();
  const url = `http://127.0.0.1:${port}`;
  const config = loadConfig({
    SLIPWAY_DATABASE_URL: databaseUrl,
    SLIPWAY_REDIS_URL: await createOwnRedis(options.redisUrl),
    SLIPWAY_API_URL: url,
    SLIPWAY_PORTAL_URL: 'http://portal.test',
    SLIPWAY_LOG_LEVEL: 'silent',
    SLIPWAY_KUBECONFIG: path.join(folder, 'kubeconfig'),
    SLIPWAY_GIT_DIR: path.join(folder, 'git'),
    SLIPWAY_UPLOADS_DIR: path.join(folder, 'uploads'),
    ...writeSecrets(folder),
    ...options.env,
  });
  const imports = [createKernelModule(config), ...base, ...(options.modules ?? [])];
  const root: DynamicModule = { module: TestModule, imports };
  const app = await NestFactory.create(root, { bodyParser: false, bufferLogs: true });
  const changes = watchChanges(app);
  await prepareApplication(app);
  await app.listen(port, '127.0.0.1');

  const call: TestApi['call'] = async (token, method, route, body, headers = {}) => {
    const all = new Headers(body === undefined ? {} : { 'content-type': 'application/json' });
    if (token) all.set('authorization', `Bearer ${token}`);
    for (const [name, value] of Object.entries(headers)) all.set(name, value);
    const text = typeof body === 'string' ? body : JSON.stringify(body);
    const answer = await fetch(`${url}/api/v1${route}`, {
      method,
      headers: all,
      body: text,
    });
    const isJson = answer.headers.get('content-type')?.includes('json');
    return { status: answer.status, headers: answer.headers, body: isJson ? await answer.json() : await answer.text() };
  };
  const login: TestApi['login'] = async (username, password = testPassword) => {
    const form = new URLSearchParams({ grant_type: 'password', client_id: 'slipway-cli', username, password });
    const answer = await fetch(`${url}/realms/slipway/protocol/openid-connect/token`, { method: 'POST', body: form });
    const tokens = (await answer.json()) as { access_token?: string };
    if (!tokens.access_token) throw new Error(`${username} cannot sign in: ${JSON.stringify(tokens)}`);
    return tokens.access_token;
  };
  const admin = options.admin ?? (await login('admin'));
  return {
    app,
    url,
    config,
    routes: listRoutes(app.get(DiscoveryService, { strict: false })),
    call,
    login,
    admin,
    async createUser(username) {
      await call(admin, 'POST', '/users', { username, password: testPassword });
      return login(username);
    },
    async close() {
      const unaudited = await changes.findUnaudited();
      // As the door does when its time to drain is over.
      const http: Server = app.getHttpServer();
      http.closeAllConnections();
      await app.close();
      await drop();
      rmSync(folder, { recursive: true, force: true });
      if (unaudited.length > 0)
        throw new Error(`These changes left no row in the audit log: ${unaudited.join(', ')}. See audited-routes.ts.`);
    },
  };
}

/** A user with a personal token instead of a password: hashing one takes a while. Gives the token. */
export async function createUserWithToken({ app }: TestApi, username: string): Promise<string> {
  const { read } = app.get(Database);
  const [id, token] = [newId(), createToken('slp_pat_')];
  await read.user.create({ data: { id, username, displayName: username, issuer: 'test', subject: username } });
  const data = { id: newId(), userId: id, name: 'test', prefix: token.slice(0, 12), hash: hashToken(token) };
  await read.personalToken.create({ data });
  return token;
}

function writeSecrets(folder: string): Record<string, string> {
  const { privateKey } = generateKeyPairSync('rsa', { modulusLength: 2048 });
  const jwk = { ...privateKey.export({ format: 'jwk' }), kid: 'test' };
  const write = (file: string, text: string) => {
    writeFileSync(path.join(folder, file), text, { mode: 0o600 });
    return path.join(folder, file);
  };
  const audit = { ...generateKeyPairSync('ed25519').privateKey.export({ format: 'jwk' }), kid: 'audit-test' };
  return {
    SLIPWAY_AUDIT_KEY_FILE: write('audit-keys.json', JSON.stringify({ keys: [audit] })),
    SLIPWAY_ISSUER_KEY_FILE: write('issuer.jwk.json', JSON.stringify(jwk)),
    SLIPWAY_MASTER_KEY_FILE: write('master.key', randomBytes(32).toString('base64')),
    SLIPWAY_PORTAL_CLIENT_SECRET_FILE: write('portal-client', 'portal-secret'),
    SLIPWAY_BOOTSTRAP_ADMIN_FILE: write('admin.json', JSON.stringify({ username: 'admin', password: testPassword })),
    SLIPWAY_REGISTRY_TOKEN_KEY_FILE: write('registry.key', String(privateKey.export({ type: 'pkcs8', format: 'pem' }))),
  };
}

async function freePort(): Promise<number> {
  const { createServer } = await import('node:net');
  return new Promise((resolve, reject) => {
    const probe = createServer();
    probe.once('error', reject).listen(0, '127.0.0.1', () => {
      const address: AddressInfo | string | null = probe.address();
      probe.close(() =>
        typeof address === 'object' && address ? resolve(address.port) : reject(new Error('no port')),
      );
    });
  });
}
