import { Injectable } from '@nestjs/common';
import { AuditService } from '../audit/audit.service.js';
import { EnvironmentProvisioner } from '../environments/environment-provisioner.service.js';
import { Database, type Prisma } from '../kernel/database/index.js';
import { keyset, type Page, toPage } from '../kernel/http/page.js';
import type { PageQuery } from '../kernel/http/schemas.js';
import { isId, newId } from '../kernel/ids/ids.js';
import { Outbox } from '../kernel/outbox/outbox.js';
import type { Caller } from '../kernel/tenancy/caller.js';
import { requireChangeable } from '../kernel/tenancy/tenant-state.js';
import { OperationsService } from '../operations/operations.service.js';
import { AdoptionPlan } from './adoption-plan.service.js';
import {
  type AdoptionAnswer,
  type CreateAdoption,
  type ReleaseAnswer,
  toAdoptionAnswer,
  toItemAnswer,
} from './adoptions.dto.js';
import { fail } from './adoptions.errors.js';
import { adoptNamespaces } from './adoptions.job-definitions.js';
import type { AdoptionItem } from './adoptions.rules.js';

/** Gives namespaces that nobody owns to tenants, and takes them back from there. */
@Injectable()
export class AdoptionsService {
  constructor(
    private readonly database: Database,
    private readonly planning: AdoptionPlan,
    private readonly operations: OperationsService,
    private readonly outbox: Outbox,
    private readonly audit: AuditService,
    private readonly releasing: EnvironmentProvisioner,
  ) {}

  async list(cluster: string, query: PageQuery): Promise<Page<AdoptionAnswer>> {
    const { where, orderBy, take } = keyset<Prisma.NamespaceAdoptionWhereInput>(query, 'createdAt', {
      direction: 'desc',
      type: 'date',
    });
    const rows = await this.database.read.namespaceAdoption.findMany({
      where: { AND: [where], cluster },
      orderBy,
      take,
    });
    return toPage(rows, query.limit, (row) => [row.createdAt, row.id], toAdoptionAnswer);
  }

  async get(cluster: string, id: string): Promise<AdoptionAnswer> {
    const where = { id: isId(id) ? id : newId(), cluster };
    const row = await this.database.read.namespaceAdoption.findFirst({ where });
    if (!row) throw fail('adoption-not-found');
    return toAdoptionAnswer(row);
  }

  /** The plan, without a change. */
  async plan(caller: Caller, cluster: string, { items: choices }: CreateAdoption): Promise<AdoptionAnswer> {
    const items = await this.planning.plan(cluster, choices);
    const nothing = { id: null, operation: null, createdAt: null, version: 0 };
    const createdBy = caller.actor.username;
    return { ...nothing, cluster, state: 'planned', createdBy, items: items.map(toItemAnswer) };
  }

  /** Has the worker adopt all of them; nothing is begun where the plan of one has an error. */
  async create(caller: Caller, cluster: string, body: CreateAdoption): Promise<AdoptionAnswer> {
    const planned = await this.planning.plan(cluster, body.items);
    const errors = planned.flatMap(({ problems }, index) =>
      problems
        .filter(({ severity }) => severity === 'error')
        .map(({ code, message }) => ({ path: `body.items.${index}`, code, message })),
    );
    if (errors.length > 0) throw fail('adoption-refused', { errors });
    const items = planned.map((item) => ({ ...item, state: 'pending' as const }));
    const id = newId();
    return this.database.transaction(async (tx) => {
      const subject = `clusters/${cluster}/adoptions/${id}`;
      const steps = items.map(({ namespace }) => namespace);
      const operationId = await this.operations.start(tx, caller, { kind: adoptNamespaces.name, subject, steps });
      const createdBy = caller.actor.username;
      const data = { id, cluster, operationId, items: toJson(items), createdBy };
      const row = await tx.namespaceAdoption.create({ data });
      await this.outbox.enqueue(tx, adoptNamespaces, { adoptionId: id });
      await this.audit.record(tx, caller, { action: 'namespace.adopt', resource: subject, cluster, after: body });
      return toAdoptionAnswer(row);
    });
  }

  /** Gives one back: its environment goes, what stood in it stays. Also from a tenant in which nothing else may change. */
  async release(caller: Caller, cluster: string, namespace: string): Promise<ReleaseAnswer> {
    const found = await this.database.read.environment.findFirst({
      where: { cluster, namespace },
      include: { project: { include: { tenant: true } } },
    });
    if (!found) throw fail('namespace-not-found', `No environment has the namespace ${namespace}.`);
    if (!found.isAdopted) throw fail('namespace-not-adopted');
    const { project } = found;
    requireChangeable(project.tenant, ['cordoned', 'suspended', 'archived']);
    return this.database.transaction(async (tx) => {
      await tx.$queryRaw`SELECT 1 FROM environments WHERE id = ${found.id}::uuid FOR UPDATE`;
      const before = await tx.environment.findFirst({ where: { id: found.id } });
      if (!before || before.state === 'deleting' || before.state === 'provisioning')
        throw fail('adoption-place-gone', 'The environment is being made or deleted just now.');
      const tenant = toScope(project.tenant);
      const { operation } = await this.releasing.delete(tx, { ...caller, tenant }, project, before);
      const names = { tenant: tenant.name, project: project.name, environment: found.name };
      return { namespace, ...names, operation };
    });
  }
}

function toScope({ id, name, state }: { id: string; name: string; state: string }) {
  return { id, name, state, role: null, permissions: new Set<never>(), projects: new Map(), projectIds: new Map() };
}

const toJson = (items: readonly AdoptionItem[]): Prisma.InputJsonArray => JSON.parse(JSON.stringify(items));
