import { Inject, Injectable } from '@nestjs/common';
import { PlatformAdministrators } from '../../access/platform-administrators.service.js';
import { AuditService } from '../../audit/audit.service.js';
import { Clock } from '../../kernel/clock/clock.js';
import { CONFIG, type Configuration } from '../../kernel/config/config.js';
import { Database, isUniqueViolation, type Prisma, type Transaction } from '../../kernel/database/index.js';
import { isId, newId } from '../../kernel/ids/ids.js';
import { CredentialCache } from '../credential-cache.service.js';
import { toUsername } from '../identity.rules.js';
import { SessionsService } from '../sessions.service.js';
import { ScimError } from './scim.errors.js';
import {
  applyPatch,
  type Comparison,
  displayNameOf,
  type ListQuery,
  mailOf,
  parseBody,
  parseFilter,
  requireMatch,
  textCondition,
  timeCondition,
  toEtag,
  toList,
  toWhere,
  type UserBody,
  userBody,
  userSchemaId,
} from './scim.rules.js';

/** The directory that asks: its token's name, and where it is. */
export interface ScimCaller {
  readonly token: string;
  /** Whether an administrator lets it change users whom no directory has made. */
  readonly adoptsUsers: boolean;
  readonly requestId: string;
  readonly source: string | null;
  readonly ifMatch: string | undefined;
  /** `https://…/scim/v2`. */
  readonly base: string;
}

const include = { groups: { select: { group: { select: { id: true, displayName: true } } } } } as const;
type Row = Prisma.UserGetPayload<{ include: typeof include }>;
type Where = Prisma.UserWhereInput;

const comparisons = new Map<string, Comparison<Where>>([
  ['id', (op, value) => ({ id: op === 'eq' && typeof value === 'string' && isId(value) ? value : newId() })],
  ['username', (op, value) => ({ OR: namesLike(op, value) })],
  ['externalid', (op, value) => ({ externalId: textCondition(op, value, true) })],
  [
    'displayname',
    (op, value) => ({ displayName: op === 'pr' ? undefined : (textCondition(op, value) as Prisma.StringFilter) }),
  ],
  ['emails', (op, value) => ({ email: textCondition(op, value) })],
  ['emails.value', (op, value) => ({ email: textCondition(op, value) })],
  [
    'active',
    (op, value) =>
      op === 'eq' && typeof value === 'boolean' ? { disabledAt: value ? null : { not: null } } : undefined,
  ],
  ['meta.lastmodified', (op, value) => ({ updatedAt: timeCondition(op, value) })],
  ['meta.created', (op, value) => ({ createdAt: timeCondition(op, value) })],
]);

function namesLike(op: string, value: unknown): Where[] {
  if (op === 'pr') return [{}];
  const condition = textCondition(op, value) as Prisma.StringNullableFilter & Prisma.StringFilter;
  const own = op === 'eq' ? { equals: toUsername(String(value)) } : condition;
  return [{ directoryName: condition }, { directoryName: null, username: own }];
}

/** Users as a directory keeps them. A user whom it deletes is disabled: what the user has done keeps its name. */
@Injectable()
export class ScimUsers {
  constructor(
    private readonly database: Database,
    private readonly credentials: CredentialCache,
    private readonly sessions: SessionsService,
    private readonly administrators: PlatformAdministrators,
    private readonly audit: AuditService,
    private readonly clock: Clock,
    @Inject(CONFIG) private readonly config: Pick<Configuration, 'issuerUrl' | 'isIssuerBuiltIn'>,
  ) {}

  async list(caller: ScimCaller, query: ListQuery) {
    const filter = parseFilter(query.filter);
    const where = filter ? toWhere(filter, comparisons) : {};
    const [total, rows] = await Promise.all([
      this.database.read.user.count({ where }),
      query.count === 0
        ? []
        : this.database.read.user.findMany({
            where,
            include,
            orderBy: { id: 'asc' },
            skip: query.startIndex - 1,
            take: query.count,
          }),
    ]);
    return toList(
      query,
      total,
      rows.map((row) => toResource(caller, row)),
    );
  }

  async get(caller: ScimCaller, id: string) {
    return toResource(caller, await this.getRow(id));
  }

  async create(caller: ScimCaller, body: unknown) {
    const user = parseBody(userBody, body);
    const id = newId();
    const create = this.database.transaction(async (tx) => {
      const { issuerUrl, isIssuerBuiltIn } = this.config;
      // An outside issuer's own id of the user is not known before the first sign-in, which then finds the user by name.
      const keys = {
        id,
        username: toUsername(user.userName),
        issuer: issuerUrl,
        subject: isIssuerBuiltIn ? id : `scim:${id}`,
      };
      const row = await tx.user.create({ data: { ...keys, ...this.toData(user, null) }, include });
      await this.note(tx, caller, row, 'create', user);
      return toResource(caller, row);
    });
    return create.catch(toUniqueness);
  }

  async replace(caller: ScimCaller, id: string, body: unknown) {
    return this.write(caller, id, () => parseBody(userBody, body));
  }

  async patch(caller: ScimCaller, id: string, body: unknown) {
    return this.write(caller, id, (row) => parseBody(userBody, applyPatch(toResource(caller, row), body)));
  }

  async delete(caller: ScimCaller, id: string): Promise<void> {
    await this.write(caller, id, (row) => ({ ...parseBody(userBody, toResource(caller, row)), active: false }));
  }

  private async write(caller: ScimCaller, id: string, decide: (row: Row) => UserBody) {
    await this.getRow(id);
    const write = this.credentials.change(async (tx) => {
      await tx.$queryRaw`SELECT 1 FROM users WHERE id = ${id}::uuid FOR UPDATE`;
      const before = await tx.user.findUnique({ where: { id }, include });
      if (!before) throw notFound();
      requireMatch(caller.ifMatch, before.version);
      if (before.directoryName === null && !caller.adoptsUsers) throw notManaged(before.username);
      const body = decide(before);
      const requireAdministratorLeft = await this.administrators.watch(tx);
      const renamed = body.userName !== (before.directoryName ?? before.username) && toUsername(body.userName);
      const data = { ...this.toData(body, before.disabledAt), ...(renamed && { username: renamed }) };
      const row = await tx.user.update({ where: { id }, data: { ...data, version: { increment: 1 } }, include });
      await requireAdministratorLeft();
      if (!body.active && !before.disabledAt) await this.sessions.endAllWithin(tx, id);
      await this.note(tx, caller, row, 'update', body);
      return toResource(caller, row);
    });
    return write.catch(toUniqueness);
  }

  private toData(body: UserBody, disabledAt: Date | null) {
    return {
      directoryName: body.userName,
      externalId: body.externalId ?? null,
      displayName: displayNameOf(body),
      email: mailOf(body),
      disabledAt: body.active ? null : (disabledAt ?? this.clock.now()),
    };
  }

  private async getRow(id: string): Promise<Row> {
    const row = isId(id) ? await this.database.read.user.findUnique({ where: { id }, include }) : null;
    if (!row) throw notFound();
    return row;
  }

  private async note(tx: Transaction, caller: ScimCaller, row: Row, verb: 'create' | 'update', after: object) {
    const { token, requestId, source } = caller;
    const by = { actor: { id: null, username: `scim:${token}` }, requestId, source };
    await this.audit.record(tx, by, { action: `user.${verb}`, resource: `users/${row.username}`, after });
  }
}

const notManaged = (username: string) =>
  new ScimError(
    403,
    `${username} was not made by a directory: an administrator has to let this one take users over (a SCIM token with adoptsUsers).`,
    'mutability',
  );

const notFound = () => new ScimError(404, 'There is no such user.');

function toUniqueness(error: unknown): never {
  const isTaken = isUniqueViolation(error);
  if (isTaken) throw new ScimError(409, 'Another user has this user name.', 'uniqueness');
  throw error;
}

function toResource({ base }: ScimCaller, row: Row) {
  return {
    schemas: [userSchemaId],
    id: row.id,
    ...(row.externalId !== null && { externalId: row.externalId }),
    userName: row.directoryName ?? row.username,
    displayName: row.displayName,
    name: { formatted: row.displayName },
    emails: row.email === null ? [] : [{ value: row.email, type: 'work', primary: true }],
    active: row.disabledAt === null,
    groups: row.groups.map(({ group }) => ({
      value: group.id,
      display: group.displayName,
      $ref: `${base}/Groups/${group.id}`,
    })),
    meta: {
      resourceType: 'User',
      created: row.createdAt.toISOString(),
      lastModified: row.updatedAt.toISOString(),
      location: `${base}/Users/${row.id}`,
      version: toEtag(row.version),
    },
  };
}
