import { readFileSync } from 'node:fs';
import { z } from 'zod';

const schema = z.object({
  SLIPWAY_PORTAL_URL: z.url().default('http://localhost:7600'),
  SLIPWAY_API_URL: z.url().default('http://127.0.0.1:7601'),
  SLIPWAY_ISSUER_URL: z.url().optional(),
  SLIPWAY_REDIS_URL: z.string().min(1),
  SLIPWAY_PORTAL_CLIENT_SECRET_FILE: z.string().min(1),
  SLIPWAY_SESSION_SECRET_FILE: z.string().min(1),
});

export interface PortalConfig {
  readonly portalUrl: string;
  readonly apiUrl: string;
  readonly issuerUrl: string;
  readonly redisUrl: string;
  readonly clientSecret: string;
  /** Seals the session cookie; at least 32 characters. */
  readonly sessionSecret: string;
  readonly secureCookies: boolean;
  /** Cookies ignore ports: the suffix keeps two platforms on one host apart. */
  readonly cookieSuffix: string;
}

let cached: PortalConfig | undefined;

/** The portal's configuration, read from the environment at the first request and never while building. Throws with the variable's name. */
export function getConfig(): PortalConfig {
  cached ??= readConfig(process.env);
  return cached;
}

function readConfig(environment: NodeJS.ProcessEnv): PortalConfig {
  const parsed = schema.safeParse(environment);
  if (!parsed.success) {
    const problems = parsed.error.issues.map((issue) => `${issue.path.join('.')}: ${issue.message}`);
    throw new Error(`The portal's environment is incomplete: ${problems.join('; ')}. See docs/architecture.md.`);
  }
  const values = parsed.data;
  const apiUrl = values.SLIPWAY_API_URL.replace(/\/+$/, '');
  const portalUrl = values.SLIPWAY_PORTAL_URL.replace(/\/+$/, '');
  const sessionSecret = readSecret('SLIPWAY_SESSION_SECRET_FILE', values.SLIPWAY_SESSION_SECRET_FILE);
  if (sessionSecret.length < 32)
    throw new Error('SLIPWAY_SESSION_SECRET_FILE: the secret must have at least 32 characters.');
  return {
    portalUrl,
    apiUrl,
    issuerUrl: values.SLIPWAY_ISSUER_URL?.replace(/\/+$/, '') ?? `${apiUrl}/realms/slipway`,
    redisUrl: values.SLIPWAY_REDIS_URL,
    clientSecret: readSecret('SLIPWAY_PORTAL_CLIENT_SECRET_FILE', values.SLIPWAY_PORTAL_CLIENT_SECRET_FILE),
    sessionSecret,
    secureCookies: portalUrl.startsWith('https:'),
    cookieSuffix: new URL(portalUrl).port || '443',
  };
}

function readSecret(variable: string, file: string): string {
  try {
    return readFileSync(file, 'utf8').trim();
  } catch (error) {
    throw new Error(`${variable}: cannot read ${file}.`, { cause: error });
  }
}
