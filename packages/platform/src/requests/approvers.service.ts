import { Injectable } from '@nestjs/common';
import { type Grant, permissionsOfGrant } from '../kernel/access/grants.js';
import { Clock } from '../kernel/clock/clock.js';
import type { Prisma, Reader, RequestModel } from '../kernel/database/index.js';
import type { Actor } from '../kernel/tenancy/caller.js';
import { toScope } from './approval-policies.dto.js';
import { type Deciding, type Holding, isApprover, type Standing } from './approvers.rules.js';
import type { Decider } from './requests.rules.js';

/** So many people are told of one request at most. */
const mostTold = 500;

/** The requests that somebody may decide: as a condition, and for a row that was read. */
export interface Decidable {
  readonly where: Prisma.RequestWhereInput;
  has(row: RequestModel): boolean;
}

const noneDecidable: Decidable = { where: { id: { in: [] } }, has: () => false };

/**
 * Who may decide what, by the rows as they are at this moment: rights that were taken away a moment ago count no more, whatever
 * a process keeps in memory.
 */
@Injectable()
export class ApproversService {
  constructor(private readonly clock: Clock) {}

  /** By whose rights the actor could decide: his own first, then of those who have delegated to him. */
  async findDecider(
    reader: Reader,
    actor: Actor,
    request: RequestModel,
  ): Promise<Decider & { names: Map<string, string> }> {
    const names = new Map<string, string>();
    if (actor.kind !== 'user') return { actorId: '', principals: [], names };
    const delegators = await this.listDelegators(reader, actor.id, request.kind);
    const standings = await this.load(reader, [actor.id, ...delegators]);
    const principals = [actor.id, ...delegators].filter((id) => {
      const standing = standings.get(id);
      if (!standing || !isApprover(standing, toDeciding(request))) return false;
      names.set(id, standing.username);
      return true;
    });
    return { actorId: actor.id, principals, names };
  }

  /** Which requests the actor may decide, by his own rights or by those that were delegated to him. */
  async decidableBy(reader: Reader, actor: Actor): Promise<Decidable> {
    if (actor.kind !== 'user') return noneDecidable;
    const now = this.clock.now();
    const delegations = await reader.delegation.findMany({
      where: { toUserId: actor.id, startsAt: { lte: now }, endsAt: { gt: now } },
      select: { fromUserId: true, kinds: true },
    });
    const standings = await this.load(reader, [actor.id, ...delegations.map(({ fromUserId }) => fromUserId)]);
    const rights = [{ fromUserId: actor.id, kinds: [] as string[] }, ...delegations].flatMap(
      ({ fromUserId, kinds }) => {
        const standing = standings.get(fromUserId);
        return standing ? [{ standing, kinds }] : [];
      },
    );
    if (rights.length === 0) return noneDecidable;
    // A request of the one who delegated is his own, also for whom he delegated to.
    const byRight = rights.map(({ standing, kinds }) => ({
      AND: [
        { OR: decidableWith(standing) },
        { OR: [{ requesterId: null }, { requesterId: { not: standing.userId } }] },
      ],
      kind: kinds.length > 0 ? { in: kinds } : undefined,
    }));
    return {
      where: { AND: [{ OR: byRight }, { OR: [{ requesterId: null }, { requesterId: { not: actor.id } }] }] },
      has: (row) =>
        row.requesterId !== actor.id &&
        rights.some(
          ({ standing, kinds }) =>
            row.requesterId !== standing.userId &&
            (kinds.length === 0 || kinds.includes(row.kind)) &&
            isApprover(standing, toDeciding(row)),
        ),
    };
  }

  /** The users who may decide a request, without its asker. */
  async list(reader: Reader, request: RequestModel): Promise<string[]> {
    const now = this.clock.now();
    const places: Prisma.RoleBindingWhereInput[] = [{ tenantId: null }];
    if (request.tenantId) places.push({ tenantId: request.tenantId, projectId: null });
    if (request.projectId) places.push({ projectId: request.projectId });
    const bindings = await reader.roleBinding.findMany({
      where: { OR: places },
      select: { userId: true, groupId: true },
      take: 10 * mostTold,
    });
    const inForce: Prisma.UserWhereInput[] = [
      { username: { in: request.approverUsers } },
      { id: { in: bindings.flatMap(({ userId }) => userId ?? []) } },
      { groups: { some: { groupId: { in: bindings.flatMap(({ groupId }) => groupId ?? []) } } } },
      { groups: { some: { group: { name: { in: request.approverGroups } } } } },
    ];
    const users = await reader.user.findMany({ where: { OR: inForce }, select: { id: true }, take: mostTold });
    const standings = await this.load(
      reader,
      users.map(({ id }) => id),
    );
    const able = [...standings.values()].filter((standing) => isApprover(standing, toDeciding(request)));
    const delegates = await reader.delegation.findMany({
      where: { fromUserId: { in: able.map(({ userId }) => userId) }, startsAt: { lte: now }, endsAt: { gt: now } },
      select: { toUserId: true, kinds: true, fromUserId: true },
    });
    const also = delegates
      .filter(
        ({ kinds, fromUserId }) =>
          fromUserId !== request.requesterId && (kinds.length === 0 || kinds.includes(request.kind)),
      )
      .map(({ toUserId }) => toUserId);
    return [...new Set([...able.map(({ userId }) => userId), ...also])].filter((id) => id !== request.requesterId);
  }

  private async listDelegators(reader: Reader, toUserId: string, kind: string): Promise<string[]> {
    const now = this.clock.now();
    const rows = await reader.delegation.findMany({
      where: { toUserId, startsAt: { lte: now }, endsAt: { gt: now } },
      select: { fromUserId: true, kinds: true },
      orderBy: { createdAt: 'asc' },
    });
    return rows.filter(({ kinds }) => kinds.length === 0 || kinds.includes(kind)).map(({ fromUserId }) => fromUserId);
  }

  private async load(reader: Reader, ids: readonly string[]): Promise<Map<string, Standing>> {
    const now = this.clock.now();
    const users = await reader.user.findMany({
      where: { id: { in: [...ids] }, disabledAt: null },
      select: {
        id: true,
        username: true,
        groups: { select: { group: { select: { id: true, name: true } } } },
      },
    });
    const groupIds = users.flatMap(({ groups }) => groups.map(({ group }) => group.id));
    const bindings = await reader.roleBinding.findMany({
      where: {
        AND: [
          { OR: [{ userId: { in: [...ids] } }, { groupId: { in: groupIds } }] },
          { OR: [{ expiresAt: null }, { expiresAt: { gt: now } }] },
        ],
      },
      select: {
        userId: true,
        groupId: true,
        tenantId: true,
        projectId: true,
        role: true,
        customRole: { select: { permissions: true } },
      },
    });
    return new Map(
      users.map(({ id, username, groups }) => {
        const own = bindings.filter(
          ({ userId, groupId }) => userId === id || groups.some(({ group }) => group.id === groupId),
        );
        const grants = own.map(({ customRole, ...row }) => ({ ...row, custom: customRole?.permissions ?? null }));
        const names = groups.map(({ group }) => group.name);
        return [id, toStanding(id, username, names, grants)];
      }),
    );
  }
}

type Held = Pick<Grant, 'tenantId' | 'projectId' | 'role' | 'custom'>;

function toStanding(userId: string, username: string, groups: readonly string[], grants: readonly Held[]): Standing {
  const group = (keyOf: (grant: Held) => string | null): Map<string, Holding> => {
    const keys = new Set(grants.map(keyOf).filter((key) => key !== null));
    return new Map([...keys].map((key) => [key, toHolding(grants.filter((grant) => keyOf(grant) === key))]));
  };
  return {
    userId,
    username,
    groups,
    platform: toHolding(grants.filter(({ tenantId }) => tenantId === null)),
    tenants: group(({ tenantId, projectId }) => (projectId === null ? tenantId : null)),
    projects: group(({ projectId }) => projectId),
  };
}

const toHolding = (grants: readonly Held[]): Holding => ({
  roles: grants.map(({ role }) => role),
  permissions: new Set(grants.flatMap((grant) => [...permissionsOfGrant(grant)])),
});

/** `isApprover` as a query. */
function decidableWith({ username, groups, platform, tenants, projects }: Standing): Prisma.RequestWhereInput[] {
  const by = ({ roles, permissions }: Holding): Prisma.RequestWhereInput[] => [
    { approverPermission: { in: [...permissions] } },
    { approverRoles: { hasSome: [...roles] } },
  ];
  return [
    { approverUsers: { has: username } },
    { approverGroups: { hasSome: [...groups] } },
    { approverPermission: { in: [...platform.permissions] } },
    { approverScope: 'platform', approverRoles: { hasSome: [...platform.roles] } },
    ...alike(tenants).flatMap(({ ids, holding }): Prisma.RequestWhereInput[] => [
      { tenantId: { in: ids }, approverScope: 'tenant', OR: by(holding) },
      { tenantId: { in: ids }, approverScope: 'project', approverPermission: { in: [...holding.permissions] } },
    ]),
    ...alike(projects).map(
      ({ ids, holding }): Prisma.RequestWhereInput => ({
        projectId: { in: ids },
        approverScope: 'project',
        OR: by(holding),
      }),
    ),
  ];
}

/** Places where the same is held, together: a query grows with the kinds of roles, not with the number of places. */
function alike(places: ReadonlyMap<string, Holding>): readonly { readonly ids: string[]; readonly holding: Holding }[] {
  const groups = new Map<string, { readonly ids: string[]; readonly holding: Holding }>();
  for (const [id, holding] of places) {
    const key = JSON.stringify([[...holding.roles].sort(), [...holding.permissions].sort()]);
    const group = groups.get(key);
    if (group) group.ids.push(id);
    else groups.set(key, { ids: [id], holding });
  }
  return [...groups.values()];
}

function toDeciding(row: RequestModel): Deciding {
  return { ...row, approverScope: toScope(row.approverScope) };
}
