import { Inject, Injectable } from '@nestjs/common';
import { AuditService } from '../audit/audit.service.js';
import { Clock } from '../kernel/clock/clock.js';
import { CONFIG, type Configuration } from '../kernel/config/config.js';
import { Database, type Transaction, type UserModel } from '../kernel/database/index.js';
import { fail as refuse } from '../kernel/errors/kernel.errors.js';
import { newId } from '../kernel/ids/ids.js';
import { verifyPassword } from './identity.rules.js';
import { attemptKeys, blockSeconds, forgetSeconds } from './sign-in.rules.js';

/** Where an attempt to sign in comes from. */
export interface Attempt {
  readonly username: string;
  readonly source: string;
  readonly userAgent?: string;
}

/** Passwords of the built-in issuer, and what slows down whoever guesses them. */
@Injectable()
export class SignIn {
  constructor(
    private readonly database: Database,
    private readonly audit: AuditService,
    private readonly clock: Clock,
    @Inject(CONFIG) private readonly config: Pick<Configuration, 'issuerUrl'>,
  ) {}

  /** Undefined when the user name or the password is wrong, or the user disabled: nobody is told which. Throws 429 while blocked. */
  async verifyPassword(attempt: Attempt, password: string): Promise<UserModel | undefined> {
    await this.begin(attempt);
    const { username } = attempt;
    const user = await this.database.read.user.findUnique({ where: { username } });
    const hash = user?.issuer === this.config.issuerUrl ? user.passwordHash : undefined;
    const isRight = await verifyPassword(password, hash);
    if (user && isRight && !user.disabledAt) {
      await this.succeed(attempt);
      return user;
    }
    await this.note(attempt, user, 'failed', user?.disabledAt && isRight ? 'disabled' : 'password');
    return undefined;
  }

  /** Counts a try at a second factor; throws 429 while blocked. `succeed` or `fail` says how it went. */
  async begin({ username, source }: Attempt): Promise<void> {
    const now = this.clock.now();
    const seconds = await this.database.transaction((tx) => this.claim(tx, attemptKeys(username, source), now));
    if (seconds > 0) throw refuse('too-many-requests', { retryAfterSeconds: seconds });
  }

  async succeed({ username, source }: Attempt): Promise<void> {
    const [both, name] = attemptKeys(username, source).map(({ key }) => key);
    const before = new Date(this.clock.now().getTime() - forgetSeconds * 1000);
    await this.database.read.signInFailure.deleteMany({
      where: { OR: [{ key: { in: [both ?? '', name ?? ''] } }, { lastAt: { lt: before } }] },
    });
  }

  async fail(attempt: Attempt, user: UserModel, reason: string): Promise<void> {
    await this.note(attempt, user, 'failed', reason);
  }

  async noteSuccess(attempt: Attempt, user: UserModel, amr: readonly string[]): Promise<void> {
    await this.note(attempt, user, 'success', undefined, amr);
  }

  /** Counts the attempt before its password is looked at, so that guesses in parallel count too. Gives the seconds to wait. */
  private async claim(tx: Transaction, keys: ReturnType<typeof attemptKeys>, now: Date): Promise<number> {
    for (const { key } of keys) {
      await tx.$executeRaw`INSERT INTO sign_in_failures (key, count, "lastAt") VALUES (${key}, 0, ${now}) ON CONFLICT (key) DO NOTHING`;
    }
    const names = keys.map(({ key }) => key);
    await tx.$queryRaw`SELECT 1 FROM sign_in_failures WHERE key = ANY(${names}) ORDER BY key FOR UPDATE`;
    const rows = await tx.signInFailure.findMany({ where: { key: { in: names } } });
    const until = Math.max(...rows.map(({ blockedUntil }) => blockedUntil?.getTime() ?? 0));
    if (until > now.getTime()) return Math.ceil((until - now.getTime()) / 1000);
    for (const { key, free } of keys) {
      const row = rows.find((known) => known.key === key);
      const isOld = !row || now.getTime() - row.lastAt.getTime() > forgetSeconds * 1000;
      const count = (isOld ? 0 : row.count) + 1;
      const seconds = blockSeconds(count, free);
      const blockedUntil = seconds > 0 ? new Date(now.getTime() + seconds * 1000) : null;
      await tx.signInFailure.update({ where: { key }, data: { count, lastAt: now, blockedUntil } });
    }
    return 0;
  }

  private async note(
    { username, source, userAgent }: Attempt,
    user: UserModel | null,
    outcome: 'success' | 'failed',
    reason?: string,
    amr?: readonly string[],
  ): Promise<void> {
    const name = username.slice(0, 64);
    const caller = { actor: { id: user?.id ?? null, username: name }, requestId: newId(), source, userAgent };
    const entry = { action: 'user.login', resource: `users/${encodeURIComponent(name)}`, outcome };
    await this.audit.note(caller, { ...entry, after: { ...(reason && { reason }), ...(amr && { amr }) } });
  }
}
