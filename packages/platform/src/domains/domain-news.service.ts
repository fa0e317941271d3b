import { Injectable } from '@nestjs/common';
import {
  ApplicationScopes,
  eventIds,
  eventPathOf,
  type PlacementScope,
  pathOf,
} from '../applications/application-scopes.service.js';
import { AuditService } from '../audit/audit.service.js';
import { Database, type Transaction } from '../kernel/database/index.js';
import type { Caller, TenantCaller } from '../kernel/tenancy/caller.js';
import { LiveSettings } from '../rollouts/live-settings.service.js';
import type { RolloutPlan } from '../rollouts/rollout-plans.service.js';
import { RolloutsService } from '../rollouts/rollouts.service.js';
import type { WholeDomain } from './domain-answers.service.js';
import { fail } from './domains.errors.js';

/** Names in a path, under the caller's tenant. */
export interface DomainPlace {
  readonly project: string;
  readonly application: string;
  readonly environment: string;
}

const pastOf = {
  create: 'created',
  delete: 'deleted',
  update: 'updated',
  verify: 'verified',
  'set-certificate': 'updated',
  'remove-certificate': 'updated',
} as const;

/** Leads to domains, and tells of what becomes of them. */
@Injectable()
export class DomainNews {
  constructor(
    private readonly database: Database,
    private readonly scopes: ApplicationScopes,
    private readonly audit: AuditService,
    private readonly rollouts: RolloutsService,
    private readonly settings: LiveSettings,
  ) {}

  async getPlace({ tenant }: TenantCaller, place: DomainPlace): Promise<PlacementScope> {
    const scope = await this.scopes.getApplication(tenant, place.project, place.application);
    return this.scopes.getPlacement(scope, place.environment);
  }

  async get(scope: PlacementScope, hostname: string): Promise<WholeDomain> {
    const row = await this.find(scope, hostname);
    if (!row) throw fail('domain-not-found');
    return row;
  }

  find({ placement }: PlacementScope, hostname: string): Promise<WholeDomain | null> {
    const where = { placementId_hostname: { placementId: placement.id, hostname: hostname.toLowerCase() } };
    return this.database.read.domain.findUnique({ where, include: { certificate: true } });
  }

  /** Where a domain leads, for work that no request asks for; undefined when it is gone. */
  async findPlace(placementId: string): Promise<PlacementScope | undefined> {
    const include = { environment: true } as const;
    const found = await this.database.read.placement.findUnique({ where: { id: placementId }, include });
    const scope = found && (await this.scopes.findById(found.applicationId));
    if (!scope) return undefined;
    const { environment, ...placement } = found;
    return { ...scope, environment, placement };
  }

  /** What is routed reaches the cluster, and moves no release on; what is not yet, is only written. */
  async change(
    caller: Caller,
    scope: PlacementScope,
    isRouted: boolean,
    work: (tx: Transaction) => Promise<void>,
  ): Promise<void> {
    if (isRouted) {
      await this.settings.change(caller, scope, async (tx) => {
        await work(tx);
        await this.scopes.noteHostnames(tx, scope.tenant.id, [scope.environment.id]);
      });
      return;
    }
    this.rollouts.requireReady(scope);
    await this.database.transaction(work);
  }

  /** What such a change would do to what is in force: it is made, and taken back. */
  async plan(
    caller: TenantCaller,
    scope: PlacementScope,
    isRouted: boolean,
    work: (tx: Transaction) => Promise<void>,
  ): Promise<RolloutPlan | null> {
    if (isRouted) return this.settings.plan(caller, scope, work);
    this.rollouts.requireReady(scope);
    await this.database.rehearse(work);
    return null;
  }

  async tell(
    tx: Transaction,
    caller: Caller,
    scope: PlacementScope,
    verb: keyof typeof pastOf,
    hostname: string,
    after?: object,
  ): Promise<void> {
    await this.note(tx, caller, scope, verb, hostname, after);
    await this.rollouts.announce(tx, {
      ...eventIds(scope),
      type: `domain.${pastOf[verb]}`,
      resource: `${eventPathOf(scope)}/${resourceOf(scope, hostname)}`,
    });
  }

  /** The audit log alone. */
  async note(
    tx: Transaction,
    caller: Caller,
    scope: PlacementScope,
    verb: keyof typeof pastOf,
    hostname: string,
    after?: object,
  ): Promise<void> {
    await this.audit.record(tx, caller, {
      action: `domain.${verb}`,
      resource: `${pathOf(scope)}/${resourceOf(scope, hostname)}`,
      tenant: scope.tenant,
      projectId: scope.project.id,
      ...(after ? { after: { ...after } } : {}),
    });
  }
}

const resourceOf = ({ environment }: PlacementScope, hostname: string): string =>
  `environments/${environment.name}/domains/${hostname}`;
