import { Inject, Injectable } from '@nestjs/common';
import { AuditService } from '../audit/audit.service.js';
import type { Origin } from '../kernel/access/authenticator.js';
import { Clock } from '../kernel/clock/clock.js';
import { CONFIG, type Configuration } from '../kernel/config/config.js';
import { Database, type Prisma, type SessionModel, type Transaction } from '../kernel/database/index.js';
import { keyset, type Page, toPage } from '../kernel/http/page.js';
import type { PageQuery } from '../kernel/http/schemas.js';
import { isId, newId } from '../kernel/ids/ids.js';
import { Outbox } from '../kernel/outbox/outbox.js';
import type { Caller } from '../kernel/tenancy/caller.js';
import { CredentialCache } from './credential-cache.service.js';
import { fail } from './identity.errors.js';
import { endIssuerSessions } from './identity.job-definitions.js';
import type { Logout } from './logout-tokens.service.js';
import { type SessionAnswer, toBrowserSession, toLoginSession } from './sessions.dto.js';

/** A session of the issuer's, as its tokens name it. */
export interface IssuerSession {
  readonly userId: string;
  readonly sid: string;
  readonly client: string;
}

/** Where somebody is signed in: by a browser (sessions of the issuer) and by the CLI (its tokens of kind `login`). */
@Injectable()
export class SessionsService {
  constructor(
    private readonly database: Database,
    private readonly credentials: CredentialCache,
    private readonly audit: AuditService,
    private readonly outbox: Outbox,
    private readonly clock: Clock,
    @Inject(CONFIG) private readonly config: Pick<Configuration, 'issuerUrl' | 'isIssuerBuiltIn'>,
  ) {}

  /** The row of a session, made when it is first seen. Of another user than its own it is never. */
  async see({ userId, sid, client }: IssuerSession, origin: Pick<Origin, 'address' | 'device'>): Promise<SessionModel> {
    const known = await this.database.read.session.findUnique({ where: { sid } });
    if (known) return known.userId === userId ? known : { ...known, endedAt: known.createdAt };
    const now = this.clock.now();
    const { address, device } = origin;
    const data = { id: newId(), userId, sid, client, address, device, createdAt: now, lastUsedAt: now };
    await this.database.read.session.createMany({ data: [data], skipDuplicates: true });
    return this.database.read.session.findUniqueOrThrow({ where: { sid } });
  }

  /** Whether it is there and has not ended. */
  async isStanding(id: string | undefined): Promise<boolean> {
    if (id === undefined) return false;
    return (await this.database.read.session.count({ where: { id, endedAt: null } })) > 0;
  }

  async noteUse(id: string, now: Date): Promise<void> {
    await this.database.read.session.updateMany({ where: { id }, data: { lastUsedAt: now } });
  }

  /** Newest first. */
  async list(userId: string, query: PageQuery, currentId: string | undefined): Promise<Page<SessionAnswer>> {
    const options = { direction: 'desc', type: 'date' } as const;
    const ofBrowsers = keyset<Prisma.SessionWhereInput>(query, 'createdAt', options);
    const ofLogins = keyset<Prisma.PersonalTokenWhereInput>(query, 'createdAt', options);
    const { orderBy, take } = ofBrowsers;
    const now = this.clock.now();
    const [browsers, logins] = await Promise.all([
      this.database.read.session.findMany({
        where: { AND: [ofBrowsers.where], userId, endedAt: null },
        orderBy,
        take,
      }),
      this.database.read.personalToken.findMany({
        where: { AND: [ofLogins.where], userId, kind: 'login', OR: [{ expiresAt: null }, { expiresAt: { gt: now } }] },
        orderBy,
        take,
      }),
    ]);
    const rows = [
      ...browsers.map((row) => ({ at: row.createdAt, id: row.id, answer: toBrowserSession(row, currentId) })),
      ...logins.map((row) => ({ at: row.createdAt, id: row.id, answer: toLoginSession(row, currentId) })),
    ].sort((a, b) => b.at.getTime() - a.at.getTime() || (a.id < b.id ? 1 : -1));
    return toPage(
      rows.slice(0, take),
      query.limit,
      (row) => [row.at, row.id],
      (row) => row.answer,
    );
  }

  /** Ends one session of a user, here and at the issuer. Its tokens are refused at once, and the browser has to sign in anew. */
  async end(caller: Caller, user: { id: string; username: string }, id: string): Promise<void> {
    if (!isId(id)) throw fail('session-not-found');
    await this.credentials.change(async (tx) => {
      const session = await tx.session.findFirst({ where: { id, userId: user.id, endedAt: null } });
      if (session) {
        await this.endBrowser(tx, session);
        await this.endAtIssuer(tx, user.id, { sid: session.sid });
      } else {
        const { count } = await tx.personalToken.deleteMany({ where: { id, userId: user.id, kind: 'login' } });
        if (count === 0) throw fail('session-not-found');
        await tx.personalToken.deleteMany({ where: { madeBy: id } });
      }
      const resource = `users/${user.username}/sessions/${id}`;
      await this.audit.record(tx, caller, { action: 'session.end', resource });
    });
  }

  /** Ends all sessions of a user but `exceptId`. */
  async endAll(caller: Caller, user: { id: string; username: string }, exceptId?: string): Promise<void> {
    await this.credentials.change(async (tx) => {
      await this.endAllWithin(tx, user.id, exceptId);
      await this.audit.record(tx, caller, { action: 'session.end-all', resource: `users/${user.username}/sessions` });
    });
  }

  /** As `endAll`, in a transaction of `CredentialCache.change`. Tokens for the Kubernetes door end with the sessions. */
  async endAllWithin(tx: Transaction, userId: string, exceptId?: string): Promise<void> {
    const kept = await this.endAllHere(tx, userId, exceptId);
    await this.endAtIssuer(tx, userId, { exceptSid: kept?.sid });
  }

  /** What the issuer says has ended there ends here. False when it has said so by this very token before. */
  async endByIssuer(source: Pick<Caller, 'requestId' | 'source'>, logout: Logout): Promise<boolean> {
    const { jti, subject, sid, expiresAt } = logout;
    return this.credentials.change(async (tx) => {
      const used = { model: 'LogoutToken', id: jti, payload: {}, expiresAt };
      const { count } = await tx.issuerRecord.createMany({ data: [used], skipDuplicates: true });
      if (count === 0) return false;
      const session =
        sid === undefined ? null : await tx.session.findUnique({ where: { sid }, include: { user: true } });
      const issuer = this.config.issuerUrl;
      const bySubject = subject === undefined ? null : await tx.user.findFirst({ where: { issuer, subject } });
      const user = subject === undefined ? session?.user : bySubject;
      // Nobody whom we know, or not his session: there is nothing to end.
      if (!user || (session && session.userId !== user.id)) return true;
      if (sid === undefined) await this.endAllHere(tx, user.id);
      else if (session) await this.endBrowser(tx, session);
      else await this.rememberEnded(tx, user.id, sid);
      const caller = { actor: { id: null, username: 'issuer' }, ...source };
      const place = session ? `/${session.id}` : '';
      const resource = `users/${user.username}/sessions${place}`;
      await this.audit.record(tx, caller, { action: sid === undefined ? 'session.end-all' : 'session.end', resource });
      return true;
    });
  }

  /** The browser of a session of the built-in issuer has signed out. */
  async endSignedOut(source: Pick<Caller, 'requestId' | 'source'>, sid: string): Promise<void> {
    await this.credentials.change(async (tx) => {
      const session = await tx.session.findFirst({ where: { sid, endedAt: null }, include: { user: true } });
      if (!session) return;
      await this.endBrowser(tx, session);
      const { id, username } = session.user;
      const entry = { action: 'session.end', resource: `users/${username}/sessions/${session.id}` };
      await this.audit.record(tx, { actor: { id, username }, ...source }, entry);
    });
  }

  /** A session that nobody has come with yet: who comes later is refused. */
  private async rememberEnded(tx: Transaction, userId: string, sid: string): Promise<void> {
    const now = this.clock.now();
    const data = { id: newId(), userId, sid, client: '', createdAt: now, lastUsedAt: now, endedAt: now };
    await tx.session.createMany({ data: [data], skipDuplicates: true });
  }

  /** The built-in issuer's sessions are rows of ours; those of an outside one the worker ends. */
  private async endAtIssuer(
    tx: Transaction,
    userId: string,
    which: { sid: string } | { exceptSid: string | undefined },
  ): Promise<void> {
    if (this.config.isIssuerBuiltIn) return;
    const user = await tx.user.findUniqueOrThrow({ where: { id: userId } });
    // Of another issuer, or a directory's user who has never signed in.
    if (user.issuer !== this.config.issuerUrl || user.subject.startsWith('scim:')) return;
    const before = this.clock.now().getTime();
    await this.outbox.enqueue(tx, endIssuerSessions, { subject: user.subject, before, ...which });
  }

  /** Answers the session that was left. */
  private async endAllHere(tx: Transaction, userId: string, exceptId?: string): Promise<SessionModel | null> {
    const sessions = await tx.session.findMany({ where: { userId, endedAt: null, id: { not: exceptId } } });
    const kept = exceptId === undefined ? null : await tx.session.findUnique({ where: { id: exceptId } });
    await tx.personalToken.deleteMany({
      where: {
        OR: [{ userId, kind: { in: ['login', 'kube', 'impersonation'] } }, { impersonatorId: userId }],
        id: { not: exceptId },
      },
    });
    await tx.session.updateMany({
      where: { id: { in: sessions.map(({ id }) => id) } },
      data: { endedAt: this.clock.now() },
    });
    if (!kept) {
      await tx.issuerRecord.deleteMany({ where: { accountId: userId } });
      return null;
    }
    await tx.$executeRaw`
      DELETE FROM issuer_records WHERE "accountId" = ${userId} AND model <> 'Grant'
      AND uid IS DISTINCT FROM ${kept.sid} AND payload ->> 'sessionUid' IS DISTINCT FROM ${kept.sid}`;
    return kept;
  }

  private async endBrowser(tx: Transaction, session: SessionModel): Promise<void> {
    await tx.session.updateMany({ where: { id: session.id, endedAt: null }, data: { endedAt: this.clock.now() } });
    const ofSession = [{ uid: session.sid }, { payload: { path: ['sessionUid'], equals: session.sid } }];
    await tx.issuerRecord.deleteMany({ where: { accountId: session.userId, OR: ofSession } });
    await tx.personalToken.deleteMany({ where: { madeBy: session.id } });
  }
}
