import { Injectable } from '@nestjs/common';
import {
  Database,
  type EnvironmentModel,
  type Prisma,
  type Reader,
  type Transaction,
} from '../kernel/database/index.js';
import { keyset } from '../kernel/http/page.js';
import type { PageQuery } from '../kernel/http/schemas.js';
import { isId } from '../kernel/ids/ids.js';
import type { NamespacePlace } from './namespace-parts.service.js';

/** The states in which parts may run again. */
const standing = ['ready', 'failed'] as const;

@Injectable()
export class EnvironmentsRepository {
  constructor(private readonly database: Database) {}

  list(tenantId: string, projectId: string, query: PageQuery): Promise<EnvironmentModel[]> {
    const { where, orderBy, take } = keyset<Prisma.EnvironmentWhereInput>(query, 'name');
    const name = query.q ? { contains: query.q } : undefined;
    return this.database.read.environment.findMany({
      where: { AND: [where], tenantId, projectId, name },
      orderBy,
      take,
    });
  }

  find(
    tenantId: string,
    projectId: string,
    nameOrId: string,
    reader: Reader = this.database.read,
  ): Promise<EnvironmentModel | null> {
    const key = isId(nameOrId) ? { id: nameOrId } : { name: nameOrId };
    return reader.environment.findFirst({ where: { tenantId, projectId, ...key } });
  }

  /** By id alone, for the worker. */
  findById(id: string): Promise<EnvironmentModel | null> {
    return this.database.read.environment.findUnique({ where: { id } });
  }

  /** The namespace of an environment in one of `states` and whose it is, for the worker. */
  async findPlace(
    id: string,
    states: readonly string[] = standing,
  ): Promise<(NamespacePlace & { isAdopted: boolean }) | undefined> {
    const row = await this.database.read.environment.findFirst({
      where: { id, state: { in: [...states] } },
      include: { project: { select: { name: true, tenant: { select: { name: true } } } } },
    });
    if (!row) return undefined;
    const { tenantId, projectId, kind, namespace, cluster, isAdopted } = row;
    const names = { tenant: row.project.tenant.name, project: row.project.name, environment: row.name };
    return { tenantId, projectId, environmentId: id, ...names, kind, namespace, cluster, isAdopted };
  }

  /** Ids of the environments whose namespaces stand; with `otherThan` only those of other parts. */
  async listStanding(
    where: { tenantId?: string; projectId?: string; environmentId?: string },
    otherThan?: string,
    take?: number,
  ): Promise<string[]> {
    const { environmentId: id, tenantId, projectId } = where;
    const rows = await this.database.read.environment.findMany({
      where: { id, tenantId, projectId, state: { in: [...standing] }, partsVersion: otherThan && { not: otherThan } },
      select: { id: true },
      orderBy: { id: 'asc' },
      take,
    });
    return rows.map((row) => row.id);
  }

  async setPartsVersion(id: string, partsVersion: string): Promise<void> {
    await this.database.read.environment.updateMany({ where: { id }, data: { partsVersion } });
  }

  /** Its parts are those of `partsVersion`: it is ready, also where its provisioning had failed. */
  async markReconciled(id: string, partsVersion: string): Promise<void> {
    const data = { partsVersion, state: 'ready', message: null };
    await this.database.read.environment.updateMany({ where: { id, state: { in: [...standing] } }, data });
  }

  async findLocked(tx: Transaction, tenantId: string, id: string): Promise<EnvironmentModel | null> {
    await tx.$queryRaw`SELECT 1 FROM environments WHERE id = ${id}::uuid AND "tenantId" = ${tenantId}::uuid FOR UPDATE`;
    return tx.environment.findFirst({ where: { id, tenantId } });
  }

  async isNamespaceTaken(tx: Transaction, namespace: string): Promise<boolean> {
    return (await tx.environment.count({ where: { namespace } })) > 0;
  }

  create(tx: Transaction, data: Prisma.EnvironmentUncheckedCreateInput): Promise<EnvironmentModel> {
    return tx.environment.create({ data });
  }

  update(tx: Transaction, id: string, data: Prisma.EnvironmentUpdateInput): Promise<EnvironmentModel> {
    return tx.environment.update({ where: { id }, data: { ...data, version: { increment: 1 } } });
  }

  async delete(tx: Transaction, id: string): Promise<boolean> {
    return (await tx.environment.deleteMany({ where: { id } })).count > 0;
  }
}
