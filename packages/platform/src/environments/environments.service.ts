import { Injectable } from '@nestjs/common';
import { Database, type EnvironmentModel, isUniqueViolation } from '../kernel/database/index.js';
import { requireVersion } from '../kernel/http/etag.js';
import { type Page, toPage } from '../kernel/http/page.js';
import type { PageQuery } from '../kernel/http/schemas.js';
import type { TenantCaller } from '../kernel/tenancy/caller.js';
import { ProjectsService } from '../projects/projects.service.js';
import { EnvironmentProvisioner } from './environment-provisioner.service.js';
import {
  type CreateEnvironment,
  type DeleteEnvironment,
  type EnvironmentAnswer,
  toEnvironmentAnswer,
} from './environments.dto.js';
import { fail } from './environments.errors.js';
import { EnvironmentsRepository } from './environments.repository.js';

@Injectable()
export class EnvironmentsService {
  constructor(
    private readonly environments: EnvironmentsRepository,
    private readonly projects: ProjectsService,
    private readonly provisioner: EnvironmentProvisioner,
    private readonly database: Database,
  ) {}

  async list(caller: TenantCaller, project: string, query: PageQuery): Promise<Page<EnvironmentAnswer>> {
    const { id } = await this.projects.getRow(caller, project);
    const rows = await this.environments.list(caller.tenant.id, id, query);
    return toPage(
      rows,
      query.limit,
      (row) => [row.name, row.id],
      (row) => toEnvironmentAnswer(row),
    );
  }

  async get(caller: TenantCaller, project: string, environment: string): Promise<EnvironmentAnswer> {
    return toEnvironmentAnswer(await this.getRow(caller, project, environment));
  }

  /** The environment's row by names or ids, for other features. Throws 404. */
  async getRow(caller: TenantCaller, project: string, environment: string): Promise<EnvironmentModel> {
    const { id } = await this.projects.getRow(caller, project);
    const row = await this.environments.find(caller.tenant.id, id, environment);
    if (!row) throw fail('environment-not-found');
    return row;
  }

  async create(caller: TenantCaller, project: string, body: CreateEnvironment): Promise<EnvironmentAnswer> {
    const create = this.database.transaction(async (tx) => {
      const owner = await this.projects.getRowForChange(tx, caller, project);
      const { row, operation } = await this.provisioner.create(tx, caller, owner, body);
      return toEnvironmentAnswer(row, operation);
    });
    return create.catch((error: unknown) => {
      throw isUniqueViolation(error) ? fail('environment-name-taken') : error;
    });
  }

  /** An adopted namespace is given back, unless it is named. */
  async delete(
    caller: TenantCaller,
    project: string,
    environment: string,
    { namespace }: DeleteEnvironment = {},
  ): Promise<EnvironmentAnswer> {
    return this.database.transaction(async (tx) => {
      const owner = await this.projects.getRowForChange(tx, caller, project);
      const { id } = await this.getRow(caller, project, environment);
      const before = await this.environments.findLocked(tx, caller.tenant.id, id);
      if (!before) throw fail('environment-not-found');
      requireVersion(caller, before);
      if (before.name === 'production' && !before.isAdopted) throw fail('environment-is-production');
      if (before.state === 'deleting') throw fail('environment-being-deleted');
      if (namespace !== undefined && namespace !== before.namespace) throw fail('environment-namespace-not-confirmed');
      const { row, operation } = await this.provisioner.delete(tx, caller, owner, before, namespace !== undefined);
      return toEnvironmentAnswer(row, operation);
    });
  }
}
