import { readFile } from 'node:fs/promises';
import { dirname, resolve } from 'node:path';
import { parse } from 'yaml';
import type { KubeConnection } from './connection.js';

type Fields = Readonly<Record<string, unknown>>;

const isFields = (value: unknown): value is Fields =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

/**
 * Reads a kubeconfig file (YAML or JSON): the current context's cluster and user, or those of `options.context`.
 * Both inline `*-data` (base64) and file references (relative to the kubeconfig) are followed.
 * Throws with the file's name and the remedy where the file does not hold together.
 */
export async function loadKubeconfig(path: string, options: { context?: string } = {}): Promise<KubeConnection> {
  return parseKubeconfig(await readFile(path, 'utf8'), { ...options, path });
}

/** As `loadKubeconfig`, from text; `path` names the file in errors and is what relative references start from. */
export async function parseKubeconfig(
  text: string,
  options: { context?: string; path?: string } = {},
): Promise<KubeConnection> {
  const path = options.path ?? 'kubeconfig';
  const fail = (problem: string): never => {
    throw new Error(`kubeconfig ${path}: ${problem}`);
  };
  const document: unknown = parse(text);
  const config = isFields(document) ? document : fail('is not a YAML mapping; write it again from the cluster');
  const string = (fields: Fields, name: string): string | undefined => {
    const value = fields[name];
    return typeof value === 'string' && value !== '' ? value : undefined;
  };
  const named = (list: string, entry: string, name: string): Fields => {
    const items = Array.isArray(config[list]) ? config[list] : [];
    const found: unknown = items.find((item: unknown) => isFields(item) && item['name'] === name);
    const value = isFields(found) ? found[entry] : undefined;
    return isFields(value) ? value : fail(`${list} has no "${name}"; correct the name or add it`);
  };
  const absolute = (file: string): string => resolve(dirname(path), file);
  const pem = async (fields: Fields, name: string): Promise<Buffer | undefined> => {
    const data = string(fields, `${name}-data`);
    if (data !== undefined) return Buffer.from(data, 'base64');
    const file = string(fields, name);
    return file === undefined ? undefined : readFile(absolute(file));
  };

  const contextName = options.context ?? string(config, 'current-context') ?? fail('has no current-context; set one');
  const context = named('contexts', 'context', contextName);
  const clusterName = string(context, 'cluster') ?? fail(`context "${contextName}" names no cluster`);
  const cluster = named('clusters', 'cluster', clusterName);
  const userName = string(context, 'user');
  const user = userName === undefined ? {} : named('users', 'user', userName);
  if (user['exec'] !== undefined || user['auth-provider'] !== undefined) {
    fail(`user "${userName}" signs in through a plugin, which is not supported; use a token or a client certificate`);
  }
  const tokenFile = string(user, 'tokenFile');
  const [ca, certificate, key] = await Promise.all([
    pem(cluster, 'certificate-authority'),
    pem(user, 'client-certificate'),
    pem(user, 'client-key'),
  ]);
  return {
    server: string(cluster, 'server') ?? fail(`cluster "${clusterName}" has no server`),
    ca,
    certificate,
    key,
    token: string(user, 'token'),
    tokenFile: tokenFile === undefined ? undefined : absolute(tokenFile),
    tlsServerName: string(cluster, 'tls-server-name'),
    insecureSkipTlsVerify: cluster['insecure-skip-tls-verify'] === true,
    namespace: string(context, 'namespace'),
  };
}
