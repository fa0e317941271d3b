import { Injectable } from '@nestjs/common';
import type { Permission } from '../kernel/access/permissions.js';
import { Clock } from '../kernel/clock/clock.js';
import { Database } from '../kernel/database/index.js';
import { createToken, hashToken, newId } from '../kernel/ids/ids.js';
import { robotTokenPrefix } from './identity.rules.js';

export interface NewRobot {
  readonly tenantId: string;
  readonly projectId?: string;
  /** `robot$project+name`, unique in the tenant. */
  readonly username: string;
  readonly permissions: readonly Permission[];
  readonly expiresAt?: Date;
}

/** Machines' accounts. Only a hash of the token is kept. */
@Injectable()
export class RobotsService {
  constructor(
    private readonly database: Database,
    private readonly clock: Clock,
  ) {}

  /** Makes the robot, or gives the one of this name a new token; the old token ends at once. */
  async issue({ tenantId, projectId, username, permissions, expiresAt }: NewRobot): Promise<{ token: string }> {
    const token = createToken(robotTokenPrefix);
    const values = { projectId, hash: hashToken(token), permissions: [...permissions], expiresAt: expiresAt ?? null };
    await this.database.read.robot.upsert({
      where: { tenantId_username: { tenantId, username } },
      create: { id: newId(), tenantId, username, ...values },
      update: values,
    });
    return { token };
  }

  /** Whether the token is one that works. */
  async isValid(token: string): Promise<boolean> {
    const row = await this.database.read.robot.findUnique({ where: { hash: hashToken(token) } });
    return row !== null && (row.expiresAt === null || row.expiresAt > this.clock.now());
  }

  async revoke(tenantId: string, username: string): Promise<void> {
    await this.database.read.robot.deleteMany({ where: { tenantId, username } });
  }
}
