/** The config that an application has in an environment, of all scopes; pure but for its queries, so that nothing is injected. */
import type { Crypto } from '../kernel/crypto/crypto.js';
import type { ConfigVersionModel, Reader } from '../kernel/database/index.js';
import type { ConfigContent } from './config.rules.js';
import { type ConfigScope, configScopes, hashedEffective, type Layer, mergeLayers } from './effective.rules.js';
import { readSecrets, sealContext } from './secret-values.service.js';

/** The owner of each scope. */
export type Owners = Readonly<Partial<Record<ConfigScope, string>>>;

/** Names the versions that a release has of each scope; the values stay where they are. */
export interface ConfigReference {
  /** Of the application's own; 0 where it has none. */
  readonly version: number;
  /** Of what counts, of all scopes. */
  readonly hash: string;
  /** The versions of the secrets that count. */
  readonly secrets: Readonly<Record<string, number>>;
  /** Left out where nothing is inherited, so that such releases look as they always did. */
  readonly inherited?: Readonly<Partial<Record<ConfigScope, number>>>;
}

export function contentOf(row: Pick<ConfigVersionModel, 'variables' | 'secrets'> | null | undefined): ConfigContent {
  return row
    ? { variables: row.variables as Record<string, string>, secrets: readSecrets(row.secrets) }
    : { variables: {}, secrets: {} };
}

/** The latest version of each owner, by owner, in one look: none is older than another. */
export async function findLatest(
  reader: Reader,
  tenantId: string,
  ownerIds: readonly string[],
): Promise<ReadonlyMap<string, ConfigVersionModel>> {
  const rows = await reader.$queryRaw<ConfigVersionModel[]>`
    SELECT latest.* FROM unnest(${ownerIds}::uuid[]) AS owner(id) JOIN LATERAL (
      SELECT * FROM config_versions WHERE "ownerId" = owner.id AND "tenantId" = ${tenantId}::uuid
      ORDER BY number DESC LIMIT 1) AS latest ON true`;
  return new Map(rows.map((row) => [row.ownerId, row]));
}

/** From the outermost. */
export function toLayers(owners: Owners, rows: ReadonlyMap<string, ConfigVersionModel>): readonly Layer[] {
  return configScopes.flatMap((scope) => {
    const ownerId = owners[scope];
    const row = ownerId === undefined ? undefined : rows.get(ownerId);
    return ownerId !== undefined && row ? [{ scope, ownerId, content: contentOf(row) }] : [];
  });
}

/** What a release made now refers to, by the key of each place. Places where nothing is set are left out. */
export async function loadReferences(
  reader: Reader,
  tenantId: string,
  places: ReadonlyMap<string, Owners>,
  hash: (content: unknown) => string,
): Promise<Record<string, ConfigReference>> {
  const rows = await findLatest(reader, tenantId, [...new Set([...places.values()].flatMap(Object.values<string>))]);
  const references = [...places].flatMap(([key, owners]) => {
    const numbers = configScopes.flatMap((scope) => {
      const number = rows.get(owners[scope] ?? '')?.number;
      return number === undefined ? [] : [[scope, number] as const];
    });
    if (numbers.length === 0) return [];
    const names = mergeLayers(toLayers(owners, rows));
    const outer = numbers.filter(([scope]) => scope !== 'application');
    const reference: ConfigReference = {
      version: Object.fromEntries(numbers)['application'] ?? 0,
      hash: hash(hashedEffective(names)),
      secrets: Object.fromEntries(
        names.flatMap(({ name, setting }) => ('secret' in setting ? [[name, setting.secret.version]] : [])),
      ),
      ...(outer.length > 0 && { inherited: Object.fromEntries(outer) }),
    };
    return [[key, reference] as const];
  });
  return Object.fromEntries(references);
}

/** What counts in a release: variables, and secrets still sealed, each to its owner. */
export async function loadReferred(reader: Reader, tenantId: string, owners: Owners, reference: ConfigReference) {
  const numbers = { ...reference.inherited, application: reference.version };
  const wanted = configScopes.flatMap((scope) => {
    const [ownerId, number] = [owners[scope], numbers[scope]];
    return ownerId !== undefined && number !== undefined ? [{ ownerId, number }] : [];
  });
  const rows = await reader.configVersion.findMany({ where: { tenantId, OR: wanted } });
  const names = mergeLayers(toLayers(owners, new Map(rows.map((row) => [row.ownerId, row]))));
  const variables: Record<string, string> = {};
  const sealed: SealedName[] = [];
  for (const { name, setting } of names) {
    if ('value' in setting) variables[name] = setting.value;
    else sealed.push({ name, ownerId: setting.ownerId, sealed: setting.secret.sealed });
  }
  return { variables, sealed };
}

export interface SealedName {
  readonly name: string;
  readonly ownerId: string;
  readonly sealed: string;
}

/** The values in clear: for the cluster only, never for an answer or a log. */
export const openSecrets = (crypto: Crypto, names: readonly SealedName[]): Record<string, string> =>
  Object.fromEntries(names.map(({ name, ownerId, sealed }) => [name, crypto.open(sealed, sealContext(ownerId, name))]));
