import { toColumn } from '../applications/application-scopes.service.js';
import type { ConfigVersionModel, Prisma, Reader, Transaction } from '../kernel/database/index.js';
import { keyset } from '../kernel/http/page.js';
import type { PageQuery } from '../kernel/http/schemas.js';
import { newId } from '../kernel/ids/ids.js';
import type { ConfigContent, NameChange } from './config.rules.js';
import type { ConfigNode } from './config-nodes.service.js';
import { measure } from './effective.rules.js';
import { findLatest } from './effective-config.service.js';

/** What a list of versions shows: not what they hold. */
const outline = { id: true, number: true, changes: true, restored: true, createdBy: true, createdAt: true } as const;
export type VersionOutline = Pick<ConfigVersionModel, keyof typeof outline>;

/**
 * Changes of one config follow each other, and those of an outer scope wait for those of the scopes in it, so that both cannot fill
 * the same room. The outermost is locked first.
 */
export async function lockConfig(tx: Transaction, { owners, ownerId }: ConfigNode): Promise<void> {
  for (const owner of owners) {
    const key = `config/${owner.ownerId}`;
    if (owner.ownerId === ownerId) await tx.$executeRaw`SELECT pg_advisory_xact_lock(hashtextextended(${key}, 0))`;
    else await tx.$executeRaw`SELECT pg_advisory_xact_lock_shared(hashtextextended(${key}, 0))`;
  }
}

export interface NewVersion {
  readonly number: number;
  readonly content: ConfigContent;
  readonly hash: string;
  readonly changes: readonly NameChange[];
  readonly restored?: number;
  readonly createdBy: string;
}

export function createVersion(tx: Transaction, node: ConfigNode, made: NewVersion): Promise<ConfigVersionModel> {
  const { scope, ownerId } = node;
  const size = measure(made.content);
  return tx.configVersion.create({
    data: {
      id: newId(),
      tenantId: node.tenant.id,
      scope,
      ownerId,
      projectId: scope === 'project' ? ownerId : null,
      environmentId: scope === 'environment' ? ownerId : null,
      placementId: scope === 'application' ? ownerId : null,
      number: made.number,
      variables: toColumn(made.content.variables),
      secrets: toColumn(made.content.secrets),
      hash: made.hash,
      nameCount: size.names,
      byteCount: size.bytes,
      changes: toColumn(made.changes),
      restored: made.restored,
      createdBy: made.createdBy,
    },
  });
}

export function listVersions(reader: Reader, node: ConfigNode, query: PageQuery): Promise<VersionOutline[]> {
  const { where, orderBy, take } = keyset<Prisma.ConfigVersionWhereInput>(query, 'number', {
    direction: 'desc',
    type: 'number',
  });
  return reader.configVersion.findMany({
    where: {
      AND: [where],
      tenantId: node.tenant.id,
      ownerId: node.ownerId,
      createdBy: query.q ? { contains: query.q } : undefined,
    },
    orderBy,
    take,
    select: outline,
  });
}

/** Undefined before the first change. */
export async function findLatestOf(
  reader: Reader,
  { tenant, ownerId }: ConfigNode,
): Promise<ConfigVersionModel | undefined> {
  return (await findLatest(reader, tenant.id, [ownerId])).get(ownerId);
}

export function findVersion(reader: Reader, node: ConfigNode, number: number): Promise<ConfigVersionModel | null> {
  return reader.configVersion.findFirst({ where: { tenantId: node.tenant.id, ownerId: node.ownerId, number } });
}

/** The scopes in a scope: where its names may arrive. */
export interface Inner {
  /** Its own owners, from the one in the scope to itself. */
  readonly owners: readonly string[];
  readonly project: string;
  readonly environment?: string;
  readonly application?: string;
  readonly isRunning: boolean;
}

/** Projects, environments and applications in a scope outside an application; those that are being deleted are left out. */
export async function listInner(reader: Reader, node: ConfigNode): Promise<readonly Inner[]> {
  if (node.scope === 'application') return [];
  const projects = await reader.project.findMany({
    where: { tenantId: node.tenant.id, id: node.projectId, state: { not: 'deleting' } },
    orderBy: { name: 'asc' },
    select: {
      id: true,
      name: true,
      environments: {
        where: { id: node.scope === 'environment' ? node.ownerId : undefined, state: { not: 'deleting' } },
        orderBy: { name: 'asc' },
        select: {
          id: true,
          name: true,
          placements: {
            where: { application: { state: { not: 'deleting' } } },
            orderBy: { application: { name: 'asc' } },
            select: { id: true, releaseId: true, application: { select: { name: true } } },
          },
        },
      },
    },
  });
  const all = projects.flatMap(({ id: projectId, name: project, environments }): Inner[] => [
    { owners: [projectId], project, isRunning: false },
    ...environments.flatMap(({ id, name: environment, placements }): Inner[] => [
      { owners: [projectId, id], project, environment, isRunning: false },
      ...placements.map((placement) => ({
        owners: [projectId, id, placement.id],
        project,
        environment,
        application: placement.application.name,
        isRunning: placement.releaseId !== null,
      })),
    ]),
  ]);
  const above = { tenant: 0, project: 1, environment: 2 }[node.scope];
  return all.filter(({ owners }) => owners.length > above).map((one) => ({ ...one, owners: one.owners.slice(above) }));
}

interface Summary {
  readonly ownerId: string;
  readonly names: number;
  readonly bytes: number;
  /** Those of the names asked about that it sets. */
  readonly sets: readonly string[];
}

/** Of the latest version of each owner, by owner, without what it holds. */
export async function summarize(
  reader: Reader,
  tenantId: string,
  ownerIds: readonly string[],
  names: readonly string[],
): Promise<ReadonlyMap<string, Summary>> {
  const rows = await reader.$queryRaw<Summary[]>`
    SELECT latest.* FROM unnest(${ownerIds}::uuid[]) AS owner(id) JOIN LATERAL (
      SELECT "ownerId", "nameCount" AS names, "byteCount" AS bytes,
        ARRAY(SELECT name FROM unnest(${names}::text[]) AS name
          WHERE jsonb_exists(variables, name) OR jsonb_exists(secrets, name)) AS sets
      FROM config_versions WHERE "ownerId" = owner.id AND "tenantId" = ${tenantId}::uuid
      ORDER BY number DESC LIMIT 1) AS latest ON true`;
  return new Map(rows.map((row) => [row.ownerId, row]));
}
