import { Injectable } from '@nestjs/common';
import { deployments } from '@slipway/orchestrator/kinds';
import {
  ApplicationScopes,
  deploymentName,
  eventIds,
  eventPathOf,
  mergePatch,
  type PlacementScope,
  type Processes,
  parseCpuMillis,
  parseMemoryBytes,
  pathOf,
  readProcesses,
  readScaling,
  readSlot,
  resolveProcesses,
  slotOf,
  toColumn,
} from '../applications/application-scopes.service.js';
import { AuditService } from '../audit/audit.service.js';
import { ClustersService } from '../clusters/clusters.service.js';
import type { Transaction } from '../kernel/database/index.js';
import { EventLog } from '../kernel/events/event-log.js';
import { requireVersion } from '../kernel/http/etag.js';
import type { TenantCaller } from '../kernel/tenancy/caller.js';
import { processesOf } from '../releases/release-content.service.js';
import { LiveSettings } from './live-settings.service.js';
import { fail } from './rollouts.errors.js';
import { RolloutsService, type StartOptions } from './rollouts.service.js';
import type { ChangeScaling, ScalingAnswer } from './scaling.dto.js';

@Injectable()
export class ScalingService {
  constructor(
    private readonly scopes: ApplicationScopes,
    private readonly rollouts: RolloutsService,
    private readonly settings: LiveSettings,
    private readonly clusters: ClustersService,
    private readonly audit: AuditService,
    private readonly events: EventLog,
  ) {}

  async get(caller: TenantCaller, project: string, application: string, environment: string): Promise<ScalingAnswer> {
    const scope = await this.scopes.getPlacement(
      await this.scopes.getApplication(caller.tenant, project, application),
      environment,
    );
    return this.answer(scope, null);
  }

  async change(
    caller: TenantCaller,
    project: string,
    application: string,
    environment: string,
    body: ChangeScaling,
    { dryRun, ...options }: StartOptions & { readonly dryRun?: 'true' | 'false' } = {},
  ) {
    const found = await this.scopes.getApplication(caller.tenant, project, application);
    const scope = await this.scopes.getPlacement(found, environment);
    const processes = await this.processesOf(scope);
    for (const [name, wanted] of Object.entries(body.processes)) {
      if (!(name in processes))
        throw fail('process-unknown', `There is no process ${name}: there are ${Object.keys(processes).join(', ')}.`);
      requireAmounts(name, wanted.resources ?? {});
    }
    const write = (tx: Transaction) => this.write(tx, caller, scope, body);
    if (dryRun === 'true')
      return { ...(await this.answer(scope, null)), plan: await this.settings.plan(caller, scope, write) };
    const rollout = await this.settings.change(caller, scope, write, options);
    return this.answer(await this.scopes.getPlacement(found, environment), rollout?.id ?? null);
  }

  private async write(
    tx: Transaction,
    caller: TenantCaller,
    scope: PlacementScope,
    { processes }: ChangeScaling,
  ): Promise<void> {
    const row = await tx.placement.findUniqueOrThrow({ where: { id: scope.placement.id } });
    requireVersion(caller, row);
    const scaling = mergePatch(readScaling(row.scaling), processes);
    await tx.placement.update({
      where: { id: row.id },
      data: { scaling: toColumn(scaling), version: { increment: 1 } },
    });
    const resource = `environments/${scope.environment.name}/scaling`;
    await this.audit.record(tx, caller, {
      action: 'scaling.update',
      resource: `${pathOf(scope)}/${resource}`,
      tenant: scope.tenant,
      before: toColumn(readScaling(row.scaling)),
      after: scaling,
    });
    await this.events.record(tx, {
      ...eventIds(scope),
      type: 'scaling.updated',
      resource: `${eventPathOf(scope)}/${resource}`,
    });
  }

  private async processesOf(scope: PlacementScope): Promise<Processes> {
    const release = await this.rollouts.findReleaseInForce(scope);
    return release ? processesOf(release) : readProcesses(scope.application.processes);
  }

  private async answer(scope: PlacementScope, rollout: string | null): Promise<ScalingAnswer> {
    const processes = resolveProcesses(await this.processesOf(scope), readScaling(scope.placement.scaling));
    const { namespace, cluster } = scope.environment;
    const entries = processes.map(async ({ name, port, replicas, resources }) => {
      const slot = slotOf({ port }, readSlot(scope.placement));
      const deployment = deploymentName(scope.application.name, name, slot);
      const live = await this.clusters
        .use(cluster, (client) => client.find(deployments, deployment, namespace))
        .catch(() => undefined);
      return [name, { replicas, resources, ready: live?.status?.readyReplicas ?? 0 }] as const;
    });
    const shown = Object.fromEntries(await Promise.all(entries));
    return { version: scope.placement.version, processes: shown, rollout, plan: null };
  }
}

function requireAmounts(process: string, amounts: { cpu?: string; memory?: string }): void {
  const cpu = amounts.cpu === undefined ? 10 : parseCpuMillis(amounts.cpu);
  const memory = amounts.memory === undefined ? 2 ** 30 : parseMemoryBytes(amounts.memory);
  if (cpu === undefined || cpu < 10 || cpu > 64_000)
    throw fail('amount-invalid', `${process}: cpu is a quantity from 10m to 64, such as 500m.`);
  if (memory === undefined || memory < 2 ** 24 || memory > 2 ** 39)
    throw fail('amount-invalid', `${process}: memory is a quantity from 16Mi to 512Gi.`);
}
