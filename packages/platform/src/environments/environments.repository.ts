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
