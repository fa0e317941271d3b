import { createHash } from 'node:crypto';
import { Injectable } from '@nestjs/common';
import { Secret, TOTP } from 'otpauth';
import { renderSVG } from 'uqr';
import { AuditService } from '../audit/audit.service.js';
import { Access } from '../kernel/access/access.js';
import { Clock } from '../kernel/clock/clock.js';
import { Crypto } from '../kernel/crypto/crypto.js';
import { Database, type SecondFactorModel } from '../kernel/database/index.js';
import { randomText } from '../kernel/ids/ids.js';
import type { Caller } from '../kernel/tenancy/caller.js';
import { fail } from './identity.errors.js';
import { secondFactorContext } from './sealed-second-factors.store.js';
import { IdentitySettings } from './settings.service.js';

const periodSeconds = 30;
const recoveryCodes = 10;

export interface Enrolment {
  /** Base32, for typing. */
  readonly secret: string;
  /** `otpauth://…`, for authenticator apps. */
  readonly uri: string;
  /** The same as a QR code. */
  readonly svg: string;
}

/** The second factor of users of the built-in issuer: codes by time (RFC 6238), and recovery codes that work once each. */
@Injectable()
export class SecondFactors {
  constructor(
    private readonly database: Database,
    private readonly settings: IdentitySettings,
    private readonly access: Access,
    private readonly crypto: Crypto,
    private readonly audit: AuditService,
    private readonly clock: Clock,
  ) {}

  /** The factor that is in use; one that was begun but never confirmed is none. */
  async find(userId: string): Promise<SecondFactorModel | undefined> {
    const row = await this.database.read.secondFactor.findUnique({ where: { userId } });
    return row?.confirmedAt ? row : undefined;
  }

  /** Whether a role of the user asks for a second factor. */
  async isRequired(userId: string): Promise<boolean> {
    const { mfaRoles } = await this.settings.get();
    if (mfaRoles.length === 0) return false;
    const roles = await this.access.rolesInForce(userId);
    return roles.some(({ tenantId, role }) => mfaRoles.includes(tenantId === null ? `platform:${role}` : role));
  }

  /** Makes a new secret, to be confirmed by a code of it. Throws 409 when a factor is in use. */
  async begin(user: { id: string; username: string }): Promise<Enrolment> {
    if (await this.find(user.id)) throw fail('second-factor-exists');
    const secret = new Secret({ size: 20 }).base32;
    const sealed = this.crypto.seal(secret, secondFactorContext(user.id));
    const data = { secret: sealed, confirmedAt: null, lastStep: 0n, recoveryHashes: [] };
    await this.database.read.secondFactor.upsert({
      where: { userId: user.id },
      create: { userId: user.id, ...data },
      update: data,
    });
    return toEnrolment(user.username, secret);
  }

  /** The secret that waits for its confirmation; a new one when there is none. */
  async current(user: { id: string; username: string }): Promise<Enrolment> {
    const row = await this.database.read.secondFactor.findUnique({ where: { userId: user.id } });
    if (!row) return this.begin(user);
    return toEnrolment(user.username, this.crypto.open(row.secret, secondFactorContext(user.id)));
  }

  /** Takes the new secret into use; gives the recovery codes, which are shown this once. Throws 422 for a wrong code. */
  async confirm(
    caller: Omit<Caller, 'actor'>,
    user: { id: string; username: string },
    code: string,
  ): Promise<string[]> {
    const row = await this.database.read.secondFactor.findUnique({ where: { userId: user.id } });
    if (!row || row.confirmedAt) throw fail(row ? 'second-factor-exists' : 'second-factor-missing');
    const step = this.findStep(row, code);
    if (step === undefined) throw fail('second-factor-wrong');
    const codes = createRecoveryCodes();
    await this.database.transaction(async (tx) => {
      const data = { confirmedAt: this.clock.now(), lastStep: step, recoveryHashes: codes.map(hashCode) };
      const { count } = await tx.secondFactor.updateMany({ where: { userId: user.id, confirmedAt: null }, data });
      if (count === 0) throw fail('second-factor-exists');
      const by = { ...caller, actor: user };
      await this.audit.record(tx, by, { action: 'second-factor.create', resource: `users/${user.username}` });
    });
    return codes;
  }

  /** Whether the code is right: of this half minute or a neighbouring one and never used before, or a recovery code, which is then gone. */
  async verify(row: SecondFactorModel, code: string): Promise<boolean> {
    const { userId } = row;
    const step = this.findStep(row, code);
    if (step !== undefined) {
      const where = { userId, lastStep: { lt: step } };
      return (await this.database.read.secondFactor.updateMany({ where, data: { lastStep: step } })).count === 1;
    }
    const hash = hashCode(code);
    const taken = await this.database.read.$executeRaw`
      UPDATE second_factors SET "recoveryHashes" = array_remove("recoveryHashes", ${hash})
      WHERE "userId" = ${userId}::uuid AND ${hash} = ANY("recoveryHashes")`;
    return taken === 1;
  }

  /** Throws 422 unless the code is right. */
  async require(userId: string, code: string): Promise<void> {
    const row = await this.find(userId);
    if (!row) throw fail('second-factor-missing');
    if (!(await this.verify(row, code))) throw fail('second-factor-wrong');
  }

  /** New recovery codes; the old ones end. */
  async renewRecoveryCodes(caller: Caller, userId: string): Promise<string[]> {
    const codes = createRecoveryCodes();
    await this.database.transaction(async (tx) => {
      await tx.secondFactor.update({ where: { userId }, data: { recoveryHashes: codes.map(hashCode) } });
      const entry = { action: 'second-factor.renew', resource: `users/${caller.actor.username}` };
      await this.audit.record(tx, caller, entry);
    });
    return codes;
  }

  async remove(caller: Caller, user: { id: string; username: string }): Promise<void> {
    await this.database.transaction(async (tx) => {
      const { count } = await tx.secondFactor.deleteMany({ where: { userId: user.id } });
      if (count === 0) throw fail('second-factor-missing');
      await this.audit.record(tx, caller, { action: 'second-factor.delete', resource: `users/${user.username}` });
    });
  }

  private findStep(row: SecondFactorModel, code: string): bigint | undefined {
    const token = code.replace(/\s/g, '');
    if (!/^\d{6}$/.test(token)) return undefined;
    const timestamp = this.clock.now().getTime();
    const totp = toTotp('', this.crypto.open(row.secret, secondFactorContext(row.userId)));
    const delta = totp.validate({ token, timestamp, window: 1 });
    return delta === null ? undefined : BigInt(Math.floor(timestamp / 1000 / periodSeconds) + delta);
  }
}

function toTotp(label: string, secret: string): TOTP {
  return new TOTP({ issuer: 'Slipway', label, secret: Secret.fromBase32(secret), digits: 6, period: periodSeconds });
}

function toEnrolment(username: string, secret: string): Enrolment {
  const uri = toTotp(username, secret).toString();
  return { secret, uri, svg: renderSVG(uri, { border: 2 }) };
}

function createRecoveryCodes(): string[] {
  return Array.from({ length: recoveryCodes }, () => {
    const text = randomText(8).toLowerCase().slice(0, 10);
    return `${text.slice(0, 5)}-${text.slice(5)}`;
  });
}

function hashCode(code: string): string {
  return createHash('sha256')
    .update(code.toLowerCase().replace(/[^a-z0-9]/g, ''))
    .digest('hex');
}
