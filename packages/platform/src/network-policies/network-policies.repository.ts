import { Injectable } from '@nestjs/common';
import { z } from 'zod';
import { Database, type NetworkSettingModel, type Reader, type Transaction } from '../kernel/database/index.js';
import {
  type AllowedRange,
  defaultNetwork,
  type Mode,
  modes,
  type NetworkPlace,
  type TenantNetwork,
} from './network-policies.rules.js';

export interface PlaceWithProject extends NetworkPlace {
  readonly projectId: string;
}

const allowSchema = z.array(z.custom<AllowedRange>());

@Injectable()
export class NetworkPoliciesRepository {
  constructor(private readonly database: Database) {}

  /** The tenant's row (under its own id) and those of its projects. */
  listOf(tenantId: string, reader: Reader = this.database.read): Promise<NetworkSettingModel[]> {
    return reader.networkSetting.findMany({ where: { tenantId } });
  }

  async listPlaces(tenantId: string, tenant: string): Promise<PlaceWithProject[]> {
    const rows = await this.database.read.environment.findMany({
      where: { tenantId, state: { not: 'deleting' } },
      select: { name: true, namespace: true, projectId: true, project: { select: { name: true } } },
      orderBy: [{ project: { name: 'asc' } }, { name: 'asc' }],
      take: 500,
    });
    return rows.map(({ name, namespace, projectId, project }) => ({
      tenant,
      projectId,
      project: project.name,
      environment: name,
      namespace,
    }));
  }

  /** Locks the tenant, so that changes of its network follow each other. */
  async lock(tx: Transaction, tenantId: string): Promise<void> {
    await tx.$queryRaw`SELECT 1 FROM tenants WHERE id = ${tenantId}::uuid FOR UPDATE`;
  }

  async put(
    tx: Transaction,
    key: { id: string; tenantId: string; projectId: string | null },
    data: { mode: Mode | null; egress?: string; allow?: readonly AllowedRange[]; builds?: string },
  ): Promise<void> {
    const { allow, ...rest } = data;
    const values = { ...rest, ...(allow && { allow: JSON.parse(JSON.stringify(allow)) }) };
    await tx.networkSetting.upsert({
      where: { id: key.id },
      create: { ...key, ...values },
      update: { ...values, version: { increment: 1 } },
    });
  }
}

export function toTenantNetwork(row: NetworkSettingModel | undefined): TenantNetwork {
  if (!row) return defaultNetwork;
  return {
    mode: toMode(row.mode) ?? defaultNetwork.mode,
    egress: row.egress === 'closed' || row.egress === 'list' ? row.egress : 'open',
    allow: allowSchema.parse(row.allow),
    builds: row.builds === 'closed' ? 'closed' : 'open',
  };
}

export const toMode = (text: string | null | undefined): Mode | undefined => modes.find((mode) => mode === text);
