import { Injectable } from '@nestjs/common';
import { noteAccessChange } from '../kernel/access/access.js';
import { Database } from '../kernel/database/index.js';
import { newId } from '../kernel/ids/ids.js';

/** The groups that an issuer's tokens name (`groups`), kept equal with each token; what SCIM or an administrator keeps stays. */
@Injectable()
export class GroupMemberships {
  constructor(private readonly database: Database) {}

  async follow(userId: string, claimed: readonly string[]): Promise<void> {
    const wanted = new Set(claimed.map(toGroupName).filter(Boolean));
    const rows = await this.database.read.groupMember.findMany({
      where: { userId },
      select: { source: true, groupId: true, group: { select: { name: true } } },
    });
    const known = new Set(rows.map(({ group }) => group.name));
    const gone = rows.filter(({ source, group }) => source === 'claim' && !wanted.has(group.name));
    const missing = [...wanted].filter((name) => !known.has(name));
    if (gone.length === 0 && missing.length === 0) return;
    await this.database.transaction(async (tx) => {
      const groupIds = gone.map(({ groupId }) => groupId);
      await tx.groupMember.deleteMany({ where: { userId, source: 'claim', groupId: { in: groupIds } } });
      const data = missing.map((name) => ({ id: newId(), name, displayName: name, source: 'claim' }));
      await tx.group.createMany({ data, skipDuplicates: true });
      const groups = await tx.group.findMany({ where: { name: { in: missing } }, select: { id: true } });
      const members = groups.map(({ id }) => ({ groupId: id, userId, source: 'claim' }));
      await tx.groupMember.createMany({ data: members, skipDuplicates: true });
      await noteAccessChange(tx, { userId });
    });
  }
}

/** Keycloak writes the group's whole path, `/platform/ops`; at the top that is its name. */
function toGroupName(claimed: string): string {
  return claimed.replace(/^\//, '').trim();
}
