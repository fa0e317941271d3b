import { Inject, Injectable } from '@nestjs/common';
import {
  type ApplicationScope,
  ApplicationScopes,
  eventIds,
  eventPathOf,
  pathOf,
  readHooks,
  readProcesses,
  readSource,
  toColumn,
} from '../applications/application-scopes.service.js';
import { AuditService } from '../audit/audit.service.js';
import { loadReferences } from '../config/effective-config.service.js';
import { CONFIG, type Configuration } from '../kernel/config/config.js';
import { Database, type Prisma, type Reader, type ReleaseModel, type Transaction } from '../kernel/database/index.js';
import { EventLog } from '../kernel/events/event-log.js';
import { keyset, type Page, toPage } from '../kernel/http/page.js';
import type { PageQuery } from '../kernel/http/schemas.js';
import { newId } from '../kernel/ids/ids.js';
import type { Caller, TenantCaller } from '../kernel/tenancy/caller.js';
import { ImageAdmission } from '../policies/image-admission.service.js';
import { mayRunImage } from './images.rules.js';
import { readContent } from './release-content.service.js';
import { type CreateRelease, type ReleaseAnswer, releaseSchema } from './releases.dto.js';
import { fail } from './releases.errors.js';
import { contentHash, diffReleases, type ReleaseContent, releaseHash } from './releases.rules.js';

export { diffReleases } from './releases.rules.js';

export interface NewRelease {
  readonly image: string;
  readonly description?: string;
  readonly buildNumber?: number;
}

@Injectable()
export class ReleasesService {
  constructor(
    private readonly database: Database,
    private readonly scopes: ApplicationScopes,
    private readonly audit: AuditService,
    private readonly events: EventLog,
    private readonly images: ImageAdmission,
    @Inject(CONFIG) private readonly config: Configuration,
  ) {}

  async list(
    caller: TenantCaller,
    project: string,
    application: string,
    query: PageQuery,
  ): Promise<Page<ReleaseAnswer>> {
    const scope = await this.scopes.getApplication(caller.tenant, project, application);
    const { where, orderBy, take } = keyset<Prisma.ReleaseWhereInput>(query, 'number', {
      direction: 'desc',
      type: 'number',
    });
    const rows = await this.database.read.release.findMany({
      where: {
        AND: [where],
        tenantId: caller.tenant.id,
        applicationId: scope.application.id,
        description: query.q ? { contains: query.q } : undefined,
      },
      orderBy,
      take,
    });
    return toPage(rows, query.limit, (row) => [row.number, row.id], toAnswer);
  }

  async get(caller: TenantCaller, project: string, application: string, number: string): Promise<ReleaseAnswer> {
    const scope = await this.scopes.getApplication(caller.tenant, project, application);
    return toAnswer(await this.getByNumber(scope, Number(number)));
  }

  /** What changed since the other release. */
  async diff(caller: TenantCaller, project: string, application: string, number: string, other: number) {
    const scope = await this.scopes.getApplication(caller.tenant, project, application);
    const [after, before] = await Promise.all([
      this.getByNumber(scope, Number(number)),
      this.getByNumber(scope, other),
    ]);
    return { changes: diffReleases(readContent(before.content), readContent(after.content)) };
  }

  async create(
    caller: TenantCaller,
    project: string,
    application: string,
    body: CreateRelease,
  ): Promise<ReleaseAnswer> {
    const scope = await this.scopes.getApplication(caller.tenant, project, application);
    const image = await this.chooseImage(scope, body);
    const resource = `${pathOf(scope)}/releases`;
    await this.images.require(caller, { tenantId: scope.tenant.id, image, resource });
    const row = await this.database.transaction((tx) =>
      this.createIn(tx, caller, scope, { image, buildNumber: body.build, description: body.description }),
    );
    return toAnswer(row);
  }

  /** The release that `create` would make now; it is not written. */
  async draft(
    caller: Caller,
    scope: ApplicationScope,
    body: Pick<CreateRelease, 'image' | 'build'>,
  ): Promise<ReleaseModel> {
    const image = await this.chooseImage(scope, body);
    const content = await this.snapshot(this.database.read, scope, image);
    return {
      id: newId(),
      tenantId: scope.tenant.id,
      applicationId: scope.application.id,
      number: scope.application.releaseCount + 1,
      hash: releaseHash(content),
      image,
      content: JSON.parse(JSON.stringify(content)),
      buildNumber: body.build ?? null,
      description: '',
      createdBy: caller.actor.username,
      createdAt: new Date(0),
    };
  }

  /** What differs in the later one; all of it where there is none before. */
  diffContents(before: ReleaseModel | null, after: ReleaseModel) {
    const nothing = { image: '', processes: {}, config: {}, routes: {}, scaling: {} };
    return diffReleases(before ? readContent(before.content) : nothing, readContent(after.content));
  }

  /** Makes a release of the image and of what the application, its config and its domains are now. */
  async createIn(tx: Transaction, caller: Caller, scope: ApplicationScope, release: NewRelease): Promise<ReleaseModel> {
    const number = await this.scopes.nextNumber(tx, scope.application.id, 'releaseCount');
    const content = await this.snapshot(tx, scope, release.image);
    const row = await tx.release.create({
      data: {
        id: newId(),
        tenantId: scope.tenant.id,
        applicationId: scope.application.id,
        number,
        hash: releaseHash(content),
        image: release.image,
        content: toColumn(content),
        buildNumber: release.buildNumber,
        description: release.description ?? '',
        createdBy: caller.actor.username,
      },
    });
    const resource = `${pathOf(scope)}/releases/${number}`;
    await this.audit.record(tx, caller, {
      action: 'release.create',
      resource,
      tenant: scope.tenant,
      after: { image: row.image, hash: row.hash },
    });
    await this.events.record(tx, {
      ...eventIds(scope),
      type: 'release.created',
      resource: `${eventPathOf(scope)}/releases/${number}`,
    });
    return row;
  }

  async getByNumber(scope: ApplicationScope, number: number): Promise<ReleaseModel> {
    const where = { tenantId: scope.tenant.id, applicationId: scope.application.id, number };
    const row =
      Number.isSafeInteger(number) && number < 2 ** 31 ? await this.database.read.release.findFirst({ where }) : null;
    if (!row) throw fail('release-not-found');
    return row;
  }

  async findLatest(scope: ApplicationScope): Promise<ReleaseModel | null> {
    return this.database.read.release.findFirst({
      where: { applicationId: scope.application.id },
      orderBy: { number: 'desc' },
    });
  }

  private async chooseImage(scope: ApplicationScope, body: Pick<CreateRelease, 'image' | 'build'>): Promise<string> {
    if (body.build !== undefined) {
      const where = { applicationId_number: { applicationId: scope.application.id, number: body.build } };
      const build = await this.database.read.build.findUnique({ where });
      if (!build?.image) throw fail('build-has-no-image');
      return build.image;
    }
    const source = readSource(scope.application.source);
    const image =
      body.image ?? (await this.findLatest(scope))?.image ?? (source.type === 'image' ? source.image : undefined);
    if (!image) throw fail('release-needs-image');
    const repository = `${scope.tenant.name}/${scope.project.name}/${scope.application.name}`;
    if (!mayRunImage(image, { registryHost: this.config.registryHost, repository })) throw fail('image-of-another');
    return image;
  }

  private async snapshot(tx: Reader, scope: ApplicationScope, image: string): Promise<ReleaseContent> {
    const application = await tx.application.findUniqueOrThrow({ where: { id: scope.application.id } });
    const environments = await tx.environment.findMany({
      where: { projectId: application.projectId },
      select: {
        id: true,
        name: true,
        placements: {
          where: { applicationId: application.id },
          include: { domains: { where: { state: 'verified' }, orderBy: { hostname: 'asc' } } },
        },
      },
    });
    // Also of environments in which the application never was: it inherits there.
    const owners = environments.map(({ id, name, placements: [placement] }) => {
      const outer = { tenant: scope.tenant.id, project: application.projectId, environment: id };
      return [name, placement ? { ...outer, application: placement.id } : outer] as const;
    });
    const config = await loadReferences(tx, scope.tenant.id, new Map(owners), contentHash);
    const routes: Record<string, string[]> = {};
    const scaling: Record<string, object> = {};
    for (const { name, placements } of environments) {
      for (const { domains, scaling: overrides } of placements) {
        routes[name] = domains.map((domain) => domain.hostname);
        scaling[name] = toColumn(overrides as object);
      }
    }
    return JSON.parse(
      JSON.stringify({
        image,
        processes: readProcesses(application.processes),
        hooks: hooksOf(application),
        config,
        routes,
        scaling,
      }),
    ) as ReleaseContent;
  }
}

function hooksOf({ hooks }: { hooks: unknown }) {
  const given = readHooks(hooks);
  return Object.keys(given).length > 0 ? given : undefined;
}

export function toAnswer(row: ReleaseModel): ReleaseAnswer {
  const content = readContent(row.content);
  return releaseSchema.parse({
    id: row.id,
    name: String(row.number),
    createdAt: row.createdAt.toISOString(),
    updatedAt: row.createdAt.toISOString(),
    version: 1,
    number: row.number,
    hash: row.hash,
    image: row.image,
    build: row.buildNumber,
    config: content.config,
    processes: content.processes,
    hooks: content.hooks ?? {},
    routes: content.routes,
    scaling: content.scaling,
    createdBy: row.createdBy,
    description: row.description,
  });
}
