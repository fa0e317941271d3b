import { Injectable } from '@nestjs/common';
import {
  type ConfigVersionModel,
  Database,
  type ReleaseModel,
  type RolloutModel,
  type Transaction,
} from '../kernel/database/index.js';
import type { TenantCaller } from '../kernel/tenancy/caller.js';
import { ReleasesService } from '../releases/releases.service.js';
import { RolloutPlans } from '../rollouts/rollout-plans.service.js';
import { RolloutsService } from '../rollouts/rollouts.service.js';
import type { ChangeConfigQuery, ConfigAnswer, ImportConfig, ImportedConfig } from './config.dto.js';
import { ConfigNodes } from './config-nodes.service.js';
import { findLatestOf } from './config-versions.repository.js';
import { type ConfigEdit, ConfigWrites } from './config-writes.service.js';
import { contentOf } from './effective-config.service.js';
import { planImport } from './import.rules.js';

/** An application's own config in an environment. */
@Injectable()
export class ConfigService {
  constructor(
    private readonly database: Database,
    private readonly nodes: ConfigNodes,
    private readonly writes: ConfigWrites,
    private readonly releases: ReleasesService,
    private readonly rollouts: RolloutsService,
    private readonly plans: RolloutPlans,
  ) {}

  async get(caller: TenantCaller, project: string, application: string, environment: string): Promise<ConfigAnswer> {
    const { node } = await this.nodes.getPlacement(caller, project, application, environment);
    return toAnswer(await findLatestOf(this.database.read, node));
  }

  /** Keeps a new version; with `apply`, and when something is in force, makes a release of the same image and rolls it out. */
  async change(
    caller: TenantCaller,
    project: string,
    application: string,
    environment: string,
    edit: ConfigEdit,
    { apply, dryRun }: ChangeConfigQuery,
  ): Promise<ConfigAnswer> {
    const { scope, node } = await this.nodes.getPlacement(caller, project, application, environment);
    const inForce = apply === 'true' ? await this.rollouts.findReleaseInForce(scope) : null;
    if (inForce) this.rollouts.requireReady(scope);
    const write = async (tx: Transaction) => {
      const { row } = await this.writes.write(tx, caller, node, edit);
      await tx.placement.update({ where: { id: scope.placement.id }, data: { configVersion: row.number } });
      if (!inForce) return { row, release: null };
      const description = `Config ${row.number} of ${scope.environment.name}`;
      const release = await this.releases.createIn(tx, caller, scope, {
        image: inForce.image,
        buildNumber: inForce.buildNumber ?? undefined,
        description,
      });
      return { row, release };
    };
    if (dryRun === 'true') {
      const plan = await this.plans.ofChange(caller, scope, async (tx) => {
        const { release } = await write(tx);
        return release && { next: release, cause: 'deploy' };
      });
      return { ...toAnswer(await findLatestOf(this.database.read, node)), plan };
    }
    return this.database.transaction(async (tx) => {
      const { row, release } = await write(tx);
      if (!release) return toAnswer(row);
      return toAnswer(row, release, await this.rollouts.startIn(tx, caller, scope, release));
    });
  }

  /** What the text says, over what there is; with `dryRun` only told. */
  async import(
    caller: TenantCaller,
    project: string,
    application: string,
    environment: string,
    { text, secrets = [] }: ImportConfig,
    query: ChangeConfigQuery,
  ): Promise<ImportedConfig> {
    const { node } = await this.nodes.getPlacement(caller, project, application, environment);
    const latest = await findLatestOf(this.database.read, node);
    const { names, patch, isChange } = planImport(contentOf(latest), text, secrets);
    const config = isChange
      ? await this.change(caller, project, application, environment, { patch }, query)
      : toAnswer(latest);
    return { names: [...names], config };
  }
}

function toAnswer(row: ConfigVersionModel | undefined, release?: ReleaseModel, rollout?: RolloutModel): ConfigAnswer {
  const { variables, secrets } = contentOf(row);
  const shown = Object.entries(secrets).map(
    ([name, { version, updatedAt, revealable = false }]) => [name, { version, updatedAt, revealable }] as const,
  );
  return {
    version: row?.number ?? 0,
    variables: { ...variables },
    secrets: Object.fromEntries(shown),
    release: release?.number ?? null,
    rollout: rollout?.id ?? null,
    plan: null,
  };
}
