import { Inject, Injectable, type OnApplicationBootstrap } from '@nestjs/common';
import { z } from 'zod';
import { Clock } from '../kernel/clock/clock.js';
import { CONFIG, type Configuration, readSecretFile } from '../kernel/config/config.js';
import { Database, isDatabaseUnavailable } from '../kernel/database/index.js';
import { newId } from '../kernel/ids/ids.js';
import { Log } from '../kernel/log/log.js';
import { hashPassword } from './identity.rules.js';
import { realmGroups } from './realm-groups.rules.js';
import { UsersService } from './users.service.js';

const fileSchema = z.object({ username: z.string().min(1), password: z.string().min(1), email: z.email().optional() });

/**
 * Creates the first administrator from SLIPWAY_BOOTSTRAP_ADMIN_FILE, once: a changed password is not undone. Of an outside
 * issuer, who has its own administrators, it maps the realm's groups to roles before anybody signs in.
 */
@Injectable()
export class BootstrapService implements OnApplicationBootstrap {
  constructor(
    private readonly database: Database,
    private readonly users: UsersService,
    private readonly log: Log,
    private readonly clock: Clock,
    @Inject(CONFIG) private readonly config: Pick<Configuration, 'bootstrapAdminFile' | 'isIssuerBuiltIn'>,
  ) {}

  async onApplicationBootstrap(): Promise<void> {
    while (!(await this.tryRun())) await this.clock.sleep(1_000);
  }

  private async tryRun(): Promise<boolean> {
    try {
      await this.run();
      return true;
    } catch (error) {
      if (!isDatabaseUnavailable(error)) throw error;
      this.log.warn('Waiting for PostgreSQL');
      return false;
    }
  }

  private async run(): Promise<void> {
    if (!this.config.isIssuerBuiltIn) return this.mapGroups();
    if (!this.config.bootstrapAdminFile) return;
    const text = readSecretFile(this.config.bootstrapAdminFile, 'SLIPWAY_BOOTSTRAP_ADMIN_FILE');
    const { username, password, email } = fileSchema.parse(JSON.parse(text));
    if (await this.database.read.user.findUnique({ where: { username } })) return;
    const passwordHash = await hashPassword(password);
    await this.database.transaction(async (tx) => {
      // Two api processes may start at the same time.
      await tx.$queryRaw`SELECT 1 FROM (SELECT pg_advisory_xact_lock(727073691)) AS lock`;
      if (await tx.user.findUnique({ where: { username } })) return;
      const user = { username, email, displayName: 'Administrator', isAdmin: true, passwordHash };
      await this.users.insert(tx, user, 'system:bootstrap');
      this.log.info('The first administrator was created', { username });
    });
  }

  /** Once: a binding that was taken away from a group that is known does not come back. */
  private async mapGroups(): Promise<void> {
    const createdBy = 'system:bootstrap';
    await this.database.transaction(async (tx) => {
      for (const { group: name, role } of realmGroups) {
        const id = newId();
        const data = [{ id, name, displayName: name, source: 'expected' }];
        const { count } = await tx.group.createMany({ data, skipDuplicates: true });
        if (count === 1) await tx.roleBinding.create({ data: { id: newId(), groupId: id, role, createdBy } });
      }
    });
  }
}
