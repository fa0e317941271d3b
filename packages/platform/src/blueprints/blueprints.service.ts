import { Injectable } from '@nestjs/common';
import { AuditService } from '../audit/audit.service.js';
import {
  type BlueprintModel,
  Database,
  isUniqueViolation,
  type Prisma,
  type Reader,
  type Transaction,
} from '../kernel/database/index.js';
import { requireVersion } from '../kernel/http/etag.js';
import { keyset, type Page, toPage } from '../kernel/http/page.js';
import type { PageQuery } from '../kernel/http/schemas.js';
import { isId, newId } from '../kernel/ids/ids.js';
import type { Caller } from '../kernel/tenancy/caller.js';
import { QuotasService } from '../quotas/quotas.service.js';
import {
  type BlueprintAnswer,
  type BlueprintVersionAnswer,
  type BlueprintVersionOutline,
  blueprintContent,
  type CreateBlueprint,
  toBlueprintAnswer,
  toBuiltInAnswer,
  toBuiltInVersion,
  toVersionAnswer,
  toVersionOutline,
  type UpdateBlueprint,
} from './blueprints.dto.js';
import { atField, fail } from './blueprints.errors.js';
import { type BlueprintContent, builtInBlueprints, defaultBlueprint, findBuiltIn } from './blueprints.rules.js';

/** Whose blueprints: a tenant's, or the platform's. */
export type BlueprintOwner = { readonly id: string; readonly name: string } | null;

/** What a project is made from. */
export interface ResolvedBlueprint {
  /** Null for a built-in one. */
  readonly id: string | null;
  readonly name: string;
  readonly version: number;
  readonly content: BlueprintContent;
}

type BlueprintKey = Pick<BlueprintModel, 'id' | 'tenantId'>;

/** A tenant sees its own blueprints, the platform's and the built-in ones, and changes its own. */
@Injectable()
export class BlueprintsService {
  constructor(
    private readonly database: Database,
    private readonly audit: AuditService,
    private readonly quotas: QuotasService,
  ) {}

  /** The built-in ones first, on the first page. */
  async list(owner: BlueprintOwner, query: PageQuery): Promise<Page<BlueprintAnswer>> {
    const { where, orderBy, take } = keyset<Prisma.BlueprintWhereInput>(query, 'name');
    const name = query.q ? { contains: query.q } : undefined;
    const rows = await this.database.read.blueprint.findMany({
      where: { AND: [where], OR: visibleTo(owner), name },
      orderBy,
      take,
    });
    const page = toPage(rows, query.limit, (row) => [row.name, row.id], toBlueprintAnswer);
    const matching = builtInBlueprints.filter((blueprint) => blueprint.name.includes(query.q ?? ''));
    return query.cursor ? page : { ...page, items: [...matching.map(toBuiltInAnswer), ...page.items] };
  }

  async get(owner: BlueprintOwner, blueprint: string): Promise<BlueprintAnswer> {
    const builtIn = findBuiltIn(blueprint);
    if (builtIn) return toBuiltInAnswer(builtIn);
    const row = await this.find(owner, blueprint);
    if (!row) throw fail('blueprint-not-found');
    return toBlueprintAnswer(row);
  }

  /** What a project of this tenant is made from; without a name, the default. Throws 422 for one that it cannot use. */
  async resolve(owner: BlueprintOwner, blueprint: string = defaultBlueprint): Promise<ResolvedBlueprint> {
    const builtIn = findBuiltIn(blueprint);
    if (builtIn) return { ...builtIn, id: null, version: 1 };
    const row = await this.find(owner, blueprint);
    if (!row) throw fail('blueprint-unknown', `There is no blueprint ${blueprint} that can be used here.`);
    return { id: row.id, name: row.name, version: row.version, content: blueprintContent.parse(row.content) };
  }

  /** The newest first. */
  async listVersions(
    owner: BlueprintOwner,
    blueprint: string,
    query: PageQuery,
  ): Promise<Page<BlueprintVersionOutline>> {
    const builtIn = findBuiltIn(blueprint);
    if (builtIn) {
      const { content: _, ...outline } = toBuiltInVersion(builtIn);
      return { items: query.cursor ? [] : [outline], nextCursor: null };
    }
    const row = await this.find(owner, blueprint);
    if (!row) throw fail('blueprint-not-found');
    const { where, orderBy, take } = keyset<Prisma.BlueprintVersionWhereInput>(query, 'number', {
      direction: 'desc',
      type: 'number',
    });
    const displayName = query.q ? { contains: query.q } : undefined;
    const rows = await this.database.read.blueprintVersion.findMany({
      where: { AND: [where], tenantId: row.tenantId, blueprintId: row.id, displayName },
      orderBy,
      take,
      omit: { content: true },
    });
    return toPage(rows, query.limit, (one) => [one.number, one.id], toVersionOutline);
  }

  async getVersion(owner: BlueprintOwner, blueprint: string, version: string): Promise<BlueprintVersionAnswer> {
    const number = /^\d{1,9}$/.test(version) ? Number(version) : 0;
    const builtIn = findBuiltIn(blueprint);
    if (builtIn && number === 1) return toBuiltInVersion(builtIn);
    const row = builtIn ? null : await this.find(owner, blueprint);
    if (!row && !builtIn) throw fail('blueprint-not-found');
    const found = row && (await this.findVersionRow(this.database.read, row, number));
    if (!found) throw fail('blueprint-version-not-found');
    return toVersionAnswer(found);
  }

  /** What a version of a blueprint gives, by the blueprint's id; undefined for what is there no more. */
  async findContent(reader: Reader, blueprint: BlueprintKey, number: number): Promise<BlueprintContent | undefined> {
    const row = await this.findVersionRow(reader, blueprint, number);
    return row ? blueprintContent.parse(row.content) : undefined;
  }

  /** By its id, or (where a project was made before ids were kept) by its name; undefined for one that is there no more. */
  async findUsable(
    reader: Reader,
    owner: NonNullable<BlueprintOwner>,
    { id, name }: { readonly id: string | null; readonly name: string },
  ): Promise<BlueprintModel | undefined> {
    const row = await reader.blueprint.findFirst({
      where: { ...(id === null ? { name } : { id }), OR: visibleTo(owner) },
      orderBy: { tenantId: { sort: 'asc', nulls: 'last' } },
    });
    return row ?? undefined;
  }

  async create(caller: Caller, owner: BlueprintOwner, body: CreateBlueprint): Promise<BlueprintAnswer> {
    if (findBuiltIn(body.name)) throw fail('blueprint-name-taken');
    const { name, description, content } = body;
    this.requireLimits(content);
    const keys = { id: newId(), tenantId: owner?.id ?? null, key: `${owner?.id ?? 'platform'}/${name}` };
    const create = this.database.transaction(async (tx) => {
      if (owner && (await tx.blueprint.count({ where: { tenantId: null, name } })) > 0)
        throw fail('blueprint-name-taken');
      const data = { ...keys, name, displayName: body.displayName ?? name, description, content: toJson(content) };
      const row = await tx.blueprint.create({ data });
      await keepVersion(tx, caller, row);
      await this.note(tx, caller, owner, name, 'create', { after: body });
      return toBlueprintAnswer(row);
    });
    return create.catch((error: unknown) => {
      throw isUniqueViolation(error) ? fail('blueprint-name-taken') : error;
    });
  }

  async update(
    caller: Caller,
    owner: BlueprintOwner,
    blueprint: string,
    body: UpdateBlueprint,
  ): Promise<BlueprintAnswer> {
    const { content, ...texts } = body;
    if (content) this.requireLimits(content);
    return this.database.transaction(async (tx) => {
      const before = await this.loadOwn(tx, owner, blueprint);
      requireVersion(caller, before);
      const data = { ...texts, ...(content && { content: toJson(content) }), version: { increment: 1 } };
      const row = await tx.blueprint.update({ where: { id: before.id }, data });
      await keepVersion(tx, caller, row);
      const was = { displayName: before.displayName, description: before.description, content: before.content };
      await this.note(tx, caller, owner, row.name, 'update', { before: was, after: body });
      return toBlueprintAnswer(row);
    });
  }

  /** Projects that were made from it stay. */
  async delete(caller: Caller, owner: BlueprintOwner, blueprint: string): Promise<void> {
    await this.database.transaction(async (tx) => {
      const row = await this.loadOwn(tx, owner, blueprint);
      requireVersion(caller, row);
      await tx.blueprint.deleteMany({ where: { id: row.id } });
      await this.note(tx, caller, owner, row.name, 'delete', { before: { content: row.content } });
    });
  }

  private find(owner: BlueprintOwner, blueprint: string): Promise<BlueprintModel | null> {
    const key = isId(blueprint) ? { id: blueprint } : { name: blueprint };
    return this.database.read.blueprint.findFirst({
      where: { ...key, OR: visibleTo(owner) },
      orderBy: { tenantId: { sort: 'asc', nulls: 'last' } },
    });
  }

  private async loadOwn(tx: Transaction, owner: BlueprintOwner, blueprint: string): Promise<BlueprintModel> {
    if (findBuiltIn(blueprint)) throw fail('blueprint-built-in');
    const key = isId(blueprint) ? { id: blueprint } : { name: blueprint };
    const found = await tx.blueprint.findFirst({ where: { ...key, tenantId: owner?.id ?? null } });
    if (!found) throw fail('blueprint-not-found');
    // Changes follow each other, so that each makes a version of its own.
    await tx.$queryRaw`SELECT 1 FROM blueprints WHERE id = ${found.id}::uuid FOR UPDATE`;
    const row = await tx.blueprint.findFirst({ where: { id: found.id, tenantId: found.tenantId } });
    if (!row) throw fail('blueprint-not-found');
    return row;
  }

  private findVersionRow(reader: Reader, { id, tenantId }: BlueprintKey, number: number) {
    return reader.blueprintVersion.findFirst({ where: { tenantId, blueprintId: id, number } });
  }

  /** Throws 422 with the field of a limit that nothing counts, or that is no amount. */
  private requireLimits({ limits, environments }: BlueprintContent): void {
    const scopes = [
      { field: 'body.content.limits', limits },
      ...environments.map((one, index) => ({
        field: `body.content.environments.${index}.limits`,
        limits: one.limits,
      })),
    ];
    for (const scope of scopes) {
      try {
        this.quotas.requireAmounts(scope.limits, scope.field);
        this.quotas.canonical(scope.limits);
      } catch (error) {
        throw atField(error, /^body\.limits/, scope.field);
      }
    }
  }

  private async note(
    tx: Transaction,
    caller: Caller,
    owner: BlueprintOwner,
    name: string,
    verb: string,
    change: { before?: object; after?: object },
  ): Promise<void> {
    const resource = owner ? `tenants/${owner.name}/blueprints/${name}` : `blueprints/${name}`;
    await this.audit.record(tx, caller, {
      action: `blueprint.${verb}`,
      resource,
      ...(owner && { tenant: owner }),
      ...change,
    });
  }
}

/** Keeps the blueprint as it is now under its number. */
async function keepVersion(tx: Transaction, caller: Caller, row: BlueprintModel): Promise<void> {
  const { id: blueprintId, tenantId, version: number, displayName, description, content } = row;
  const texts = { displayName, description, content: content ?? {}, createdBy: caller.actor.username };
  await tx.blueprintVersion.create({ data: { id: newId(), tenantId, blueprintId, number, ...texts } });
}

const visibleTo = (owner: BlueprintOwner): Prisma.BlueprintWhereInput[] => [
  { tenantId: null },
  ...(owner ? [{ tenantId: owner.id }] : []),
];

const toJson = (content: object): Prisma.InputJsonObject => JSON.parse(JSON.stringify(content));
