import { Injectable } from '@nestjs/common';
import { AuditService } from '../audit/audit.service.js';
import { ClustersService } from '../clusters/clusters.service.js';
import { noteAdopted } from '../environments/adopted-namespaces.service.js';
import { NamespaceReconciler } from '../environments/namespace-reconciler.service.js';
import {
  Database,
  type EnvironmentModel,
  isUniqueViolation,
  type NamespaceAdoptionModel,
  type Prisma,
  type Transaction,
} from '../kernel/database/index.js';
import { EventLog } from '../kernel/events/event-log.js';
import { systemCaller } from '../kernel/tenancy/caller.js';
import { requireChangeable } from '../kernel/tenancy/tenant-state.js';
import { QuotasService } from '../quotas/quotas.service.js';
import { AdoptableNamespaces } from './adoptable-namespaces.service.js';
import { chargesOf } from './adoption-plan.service.js';
import { readItems } from './adoptions.dto.js';
import { fail } from './adoptions.errors.js';
import { type AdoptionItem, type AdoptionItemState, isOver } from './adoptions.rules.js';

/** The rows of an adoption: how far each namespace is, and the environment that it becomes. */
@Injectable()
export class AdoptionPlaces {
  constructor(
    private readonly database: Database,
    private readonly clusters: ClustersService,
    private readonly namespaces: AdoptableNamespaces,
    private readonly quotas: QuotasService,
    private readonly audit: AuditService,
    private readonly events: EventLog,
    private readonly reconciler: NamespaceReconciler,
  ) {}

  async readItem(adoptionId: string, namespace: string): Promise<AdoptionItem | undefined> {
    const row = await this.database.read.namespaceAdoption.findUnique({ where: { id: adoptionId } });
    return readItems(row?.items).find((item) => item.namespace === namespace);
  }

  /** What is over stays as it is. */
  async move(
    adoptionId: string,
    namespace: string,
    state: AdoptionItemState,
    error: AdoptionItem['error'] = null,
  ): Promise<void> {
    await this.database.transaction(async (tx) => {
      await tx.$queryRaw`SELECT 1 FROM namespace_adoptions WHERE id = ${adoptionId}::uuid FOR UPDATE`;
      const row = await tx.namespaceAdoption.findUniqueOrThrow({ where: { id: adoptionId } });
      const items = readItems(row.items).map((item) =>
        item.namespace === namespace && !isOver(item) ? { ...item, state, error } : item,
      );
      const data = { items: toJson(items), version: { increment: 1 } };
      await tx.namespaceAdoption.update({ where: { id: adoptionId }, data });
    });
  }

  find({ environmentId }: AdoptionItem): Promise<EnvironmentModel | null> {
    return this.database.read.environment.findUnique({ where: { id: environmentId } });
  }

  /** The environment's row with what it charges, once. What the namespace was like is read before anything is written to it. */
  async make(adoption: NamespaceAdoptionModel, item: AdoptionItem): Promise<EnvironmentModel> {
    const existing = await this.find(item);
    if (existing) return existing;
    const { cluster, id: adoptionId } = adoption;
    const seen = await this.clusters.use(cluster, (client) => this.namespaces.get(client, cluster, item.namespace));
    const { tenantId, projectId, environmentId: id, environment: name, kind, namespace } = item;
    const made = this.database.transaction(async (tx) => {
      await requirePlace(tx, item);
      const keys = { id, tenantId, projectId, name, kind, namespace, cluster };
      const adoptedFrom = { ...noteAdopted(seen.object), labels: { ...noteAdopted(seen.object).labels } };
      const row = await tx.environment.create({ data: { ...keys, isAdopted: true, adoptedFrom } });
      for (const { place, charge } of chargesOf(item, cluster, seen)) await this.quotas.charge(tx, place, charge);
      const resource = pathOf(item);
      await this.audit.record(tx, systemCaller('adoptions', adoption.operationId), {
        action: 'environment.adopt',
        resource: `tenants/${item.tenant}/${resource}`,
        tenant: { id: tenantId, name: item.tenant },
        after: { namespace, kind, cluster, adoption: adoptionId, askedBy: adoption.createdBy },
      });
      await this.events.record(tx, { tenantId, projectId, type: 'environment.created', resource });
      return row;
    });
    return made.catch((error: unknown) => {
      const cause = error instanceof Error && error.cause ? error.cause : error;
      if (isUniqueViolation(cause, 'namespace'))
        throw fail('namespace-not-adoptable', `${namespace} was given to somebody else meanwhile.`);
      throw isUniqueViolation(cause) ? fail('adoption-place-taken') : error;
    });
  }

  /** Its parts stand: it can be used. Throws where it was deleted meanwhile. */
  async open({ id, tenantId, projectId }: EnvironmentModel, partsVersion: string, names: Names): Promise<void> {
    await this.database.transaction(async (tx) => {
      await tx.$queryRaw`SELECT 1 FROM environments WHERE id = ${id}::uuid FOR UPDATE`;
      const row = await tx.environment.findUnique({ where: { id } });
      if (!row || row.state === 'deleting') throw fail('adoption-place-gone');
      if (row.state === 'ready') return;
      const data = { state: 'ready', message: null, partsVersion, version: { increment: 1 } };
      await tx.environment.update({ where: { id }, data });
      const news = { tenantId, projectId, type: 'environment.updated', resource: pathOf(names) };
      await this.events.record(tx, { ...news, data: { state: 'ready' } });
      // What is shared out among environments that are ready reaches this one, too.
      await this.reconciler.reconcile(tx, { environmentId: id });
    });
  }

  /** Takes the row back with what it charged. */
  async remove(item: AdoptionItem): Promise<void> {
    const { tenantId, projectId, environmentId } = item;
    await this.database.transaction(async (tx) => {
      if ((await tx.environment.deleteMany({ where: { id: environmentId, isAdopted: true } })).count === 0) return;
      await this.quotas.dischargePlace(tx, { tenantId, projectId, environmentId });
      await this.quotas.discharge(tx, tenantId, `environments/${environmentId}`);
      await this.events.record(tx, { tenantId, projectId, type: 'environment.deleted', resource: pathOf(item) });
    });
  }

  /** Neither adopted nor given back: an administrator sees it, and can release it. */
  async leave({ environmentId: id }: AdoptionItem, message: string): Promise<void> {
    const data = { state: 'failed', message, version: { increment: 1 } };
    await this.database.read.environment.updateMany({ where: { id, state: 'provisioning' }, data });
  }
}

interface Names {
  readonly project: string;
  readonly environment: string;
}

const pathOf = ({ project, environment }: Names): string => `projects/${project}/environments/${environment}`;

/** Holds off the deletion of the tenant and the project, and refuses where it has begun. */
async function requirePlace(tx: Transaction, { tenantId, projectId }: AdoptionItem): Promise<void> {
  const [tenant] = await tx.$queryRaw<{ state: string }[]>`
    SELECT state FROM tenants WHERE id = ${tenantId}::uuid FOR SHARE`;
  if (!tenant) throw fail('adoption-place-gone');
  requireChangeable(tenant);
  const [project] = await tx.$queryRaw<{ state: string }[]>`
    SELECT state FROM projects WHERE id = ${projectId}::uuid AND "tenantId" = ${tenantId}::uuid FOR UPDATE`;
  if (project?.state !== 'active') throw fail('adoption-place-gone');
}

const toJson = (items: readonly AdoptionItem[]): Prisma.InputJsonArray => JSON.parse(JSON.stringify(items));
