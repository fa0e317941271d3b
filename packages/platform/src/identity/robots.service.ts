import { Injectable } from '@nestjs/common';
import type { Permission } from '../kernel/access/permissions.js';
import { Clock } from '../kernel/clock/clock.js';
import { Database } from '../kernel/database/index.js';
import { createToken, hashToken, newId } from '../kernel/ids/ids.js';
import { CredentialCache } from './credential-cache.service.js';
import { robotTokenPrefix, toTokenPrefix } from './identity.rules.js';

export interface NewRobot {
  readonly tenantId: string;
  readonly projectId?: string;
  /** `robot$project+name`, unique in the tenant. */
  readonly username: string;
  readonly permissions: readonly Permission[];
  readonly expiresAt?: Date;
}

/** The robots that the platform makes for itself. Only a hash of the token is kept. */
@Injectable()
export class RobotsService {
  constructor(
    private readonly database: Database,
    private readonly credentials: CredentialCache,
    private readonly clock: Clock,
  ) {}

  /** Makes the robot, or gives the one of this name a new token; the old token ends at once. */
  async issue({ tenantId, projectId, username, permissions, expiresAt }: NewRobot): Promise<{ token: string }> {
    const token = createToken(robotTokenPrefix);
    const keys = { hash: hashToken(token), previousHash: null, prefix: toTokenPrefix(token, robotTokenPrefix) };
    const values = { ...keys, projectId, isManaged: true, permissions: [...permissions], expiresAt: expiresAt ?? null };
    await this.credentials.change((tx) =>
      tx.robot.upsert({
        where: { tenantId_username: { tenantId, username } },
        create: { id: newId(), tenantId, username, ...values },
        update: values,
      }),
    );
    return { token };
  }

  /** Whether the token is one that works. */
  async isValid(token: string): Promise<boolean> {
    const row = await this.database.read.robot.findUnique({ where: { hash: hashToken(token) } });
    return row !== null && !row.disabledAt && (row.expiresAt === null || row.expiresAt > this.clock.now());
  }

  async revoke(tenantId: string, username: string): Promise<void> {
    await this.credentials.change((tx) => tx.robot.deleteMany({ where: { tenantId, username } }));
  }
}
