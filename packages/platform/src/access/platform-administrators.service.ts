import { Injectable } from '@nestjs/common';
import { Clock } from '../kernel/clock/clock.js';
import type { Reader, Transaction } from '../kernel/database/index.js';
import { BindingsRepository } from './bindings.repository.js';

const onPlatform = { tenantId: null, projectId: null } as const;
const role = 'admin';

/** Who administers the whole platform: whoever has the role there, himself or by a group. */
@Injectable()
export class PlatformAdministrators {
  constructor(
    private readonly bindings: BindingsRepository,
    private readonly clock: Clock,
  ) {}

  /** Before a change that may take an administrator away; what it answers throws 409 `last-administrator`, after, when none is left. */
  watch(tx: Transaction): Promise<() => Promise<void>> {
    return this.bindings.watchAdministrators(tx);
  }

  /** Those of these users who are administrators now. */
  async findAmong(reader: Reader, userIds: readonly string[]): Promise<ReadonlySet<string>> {
    const inForce = {
      ...onPlatform,
      role,
      roleId: null,
      OR: [{ expiresAt: null }, { expiresAt: { gt: this.clock.now() } }],
    };
    const rows = await reader.user.findMany({
      where: {
        id: { in: [...userIds] },
        OR: [{ bindings: { some: inForce } }, { groups: { some: { group: { bindings: { some: inForce } } } } }],
      },
      select: { id: true },
    });
    return new Set(rows.map(({ id }) => id));
  }

  /** Gives the user the role for ever, where he has it not so; or takes it, where it is his own and not a group's. */
  async set(tx: Transaction, userId: string, isAdmin: boolean, createdBy: string): Promise<void> {
    const held = (await this.bindings.findOfSubject(tx, onPlatform, { userId, groupId: null })).filter(
      (row) => row.role === role && row.roleId === null,
    );
    if (isAdmin && held.some(({ expiresAt }) => expiresAt === null)) return;
    await this.bindings.delete(
      tx,
      held.map(({ id }) => id),
    );
    const binding = { ...onPlatform, userId, groupId: null, role, roleId: null, expiresAt: null, createdBy };
    if (isAdmin) await this.bindings.create(tx, binding);
  }
}
