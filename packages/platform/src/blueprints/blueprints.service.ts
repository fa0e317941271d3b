import { Injectable } from '@nestjs/common';
import { AuditService } from '../audit/audit.service.js';
import {
  type BlueprintModel,
  Database,
  isUniqueViolation,
  type Prisma,
  type Transaction,
} from '../kernel/database/index.js';
import { requireVersion } from '../kernel/http/etag.js';
import { keyset, type Page, toPage } from '../kernel/http/page.js';
import type { PageQuery } from '../kernel/http/schemas.js';
import { isId, newId } from '../kernel/ids/ids.js';
import type { Caller } from '../kernel/tenancy/caller.js';
import {
  type BlueprintAnswer,
  blueprintContent,
  type CreateBlueprint,
  toBlueprintAnswer,
  toBuiltInAnswer,
  type UpdateBlueprint,
} from './blueprints.dto.js';
import { fail } from './blueprints.errors.js';
import { type BlueprintContent, builtInBlueprints, defaultBlueprint, findBuiltIn } from './blueprints.rules.js';

/** Whose blueprints: a tenant's, or the platform's. */
export type BlueprintOwner = { readonly id: string; readonly name: string } | null;

/** A tenant sees its own blueprints, the platform's and the built-in ones, and changes its own. */
@Injectable()
export class BlueprintsService {
  constructor(
    private readonly database: Database,
    private readonly audit: AuditService,
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
  async resolve(
    owner: BlueprintOwner,
    blueprint: string = defaultBlueprint,
  ): Promise<{ name: string; content: BlueprintContent }> {
    const builtIn = findBuiltIn(blueprint);
    if (builtIn) return builtIn;
    const row = await this.find(owner, blueprint);
    if (!row) throw fail('blueprint-unknown', `There is no blueprint ${blueprint} that can be used here.`);
    return { name: row.name, content: blueprintContent.parse(row.content) };
  }

  async create(caller: Caller, owner: BlueprintOwner, body: CreateBlueprint): Promise<BlueprintAnswer> {
    if (findBuiltIn(body.name)) throw fail('blueprint-name-taken');
    const { name, description, content } = body;
    const keys = { id: newId(), tenantId: owner?.id ?? null, key: `${owner?.id ?? 'platform'}/${name}` };
    const create = this.database.transaction(async (tx) => {
      if (owner && (await tx.blueprint.count({ where: { tenantId: null, name } })) > 0)
        throw fail('blueprint-name-taken');
      const data = { ...keys, name, displayName: body.displayName ?? name, description, content: toJson(content) };
      const row = await tx.blueprint.create({ data });
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
    return this.database.transaction(async (tx) => {
      const before = await this.loadOwn(tx, owner, blueprint);
      requireVersion(caller, before);
      const { content, ...texts } = body;
      const data = { ...texts, ...(content && { content: toJson(content) }), version: { increment: 1 } };
      const row = await tx.blueprint.update({ where: { id: before.id }, data });
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
    const row = await tx.blueprint.findFirst({ where: { ...key, tenantId: owner?.id ?? null } });
    if (!row) throw fail('blueprint-not-found');
    return row;
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

const visibleTo = (owner: BlueprintOwner): Prisma.BlueprintWhereInput[] => [
  { tenantId: null },
  ...(owner ? [{ tenantId: owner.id }] : []),
];

const toJson = (content: object): Prisma.InputJsonObject => JSON.parse(JSON.stringify(content));
