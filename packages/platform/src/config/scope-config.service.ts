import { Injectable } from '@nestjs/common';
import { type ConfigVersionModel, Database } from '../kernel/database/index.js';
import type { TenantCaller } from '../kernel/tenancy/caller.js';
import {
  type ChangedScopeConfig,
  type ImportConfig,
  type ImportedScopeConfig,
  type ReachedApplication,
  type ScopeConfigAnswer,
  showSecrets,
} from './config.dto.js';
import { type ConfigNode, ConfigNodes, type OuterPath } from './config-nodes.service.js';
import { findLatestOf } from './config-versions.repository.js';
import { type ConfigEdit, ConfigWrites } from './config-writes.service.js';
import { contentOf } from './effective-config.service.js';
import { planImport } from './import.rules.js';

const mostShown = 500;

/** The config of a tenant, a project or an environment: its applications get it with their next release. */
@Injectable()
export class ScopeConfig {
  constructor(
    private readonly database: Database,
    private readonly nodes: ConfigNodes,
    private readonly writes: ConfigWrites,
  ) {}

  async get(caller: TenantCaller, path: OuterPath): Promise<ScopeConfigAnswer> {
    const node = await this.nodes.getOuter(caller, path);
    return toAnswer(node, await findLatestOf(this.database.read, node));
  }

  async change(
    caller: TenantCaller,
    path: OuterPath,
    edit: ConfigEdit,
    isDryRun: boolean,
  ): Promise<ChangedScopeConfig> {
    const node = await this.nodes.getOuter(caller, path);
    return this.database.transaction(async (tx) => {
      const { row, reaches } = isDryRun
        ? await this.writes.preview(tx, caller, node, edit)
        : await this.writes.write(tx, caller, node, edit);
      return toChanged(node, row, reaches);
    });
  }

  async import(
    caller: TenantCaller,
    path: OuterPath,
    { text, secrets = [] }: ImportConfig,
    isDryRun: boolean,
  ): Promise<ImportedScopeConfig> {
    const node = await this.nodes.getOuter(caller, path);
    const latest = await findLatestOf(this.database.read, node);
    const { names, patch, isChange } = planImport(contentOf(latest), text, secrets);
    const config = isChange ? await this.change(caller, path, { patch }, isDryRun) : toChanged(node, latest, []);
    return { names: [...names], config };
  }
}

function toAnswer({ scope, name }: ConfigNode, row: ConfigVersionModel | undefined): ScopeConfigAnswer {
  const { variables, secrets } = contentOf(row);
  return {
    scope,
    owner: name,
    version: row?.number ?? 0,
    updatedAt: row?.createdAt.toISOString() ?? null,
    updatedBy: row?.createdBy ?? null,
    variables: { ...variables },
    secrets: showSecrets(secrets),
  };
}

const toChanged = (
  node: ConfigNode,
  row: ConfigVersionModel | undefined,
  reaches: readonly ReachedApplication[],
): ChangedScopeConfig => ({
  ...toAnswer(node, row),
  reaches: reaches.slice(0, mostShown),
  reachCount: reaches.length,
});
