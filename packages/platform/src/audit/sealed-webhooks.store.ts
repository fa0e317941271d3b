import { Injectable } from '@nestjs/common';
import { Crypto } from '../kernel/crypto/crypto.js';
import { SealedColumn } from '../kernel/crypto/sealed-column.js';
import { Database } from '../kernel/database/index.js';

export const webhookContext = (ruleId: string): string => `audit-rule/${ruleId}/webhook`;

/** What the calls of audit rules are signed with. */
@Injectable()
export class SealedWebhooks extends SealedColumn {
  readonly name = 'webhooks';
  protected readonly place = { table: 'audit_rules', id: 'id', column: 'webhookSecret' };

  constructor(database: Database, crypto: Crypto) {
    super(database, crypto);
  }

  protected contextOf(id: string): string {
    return webhookContext(id);
  }
}

export const streamContext = (streamId: string): string => `audit-stream/${streamId}/credentials`;

/** What the targets of audit streams are called or signed with. */
@Injectable()
export class SealedStreams extends SealedColumn {
  readonly name = 'audit-streams';
  protected readonly place = { table: 'audit_streams', id: 'id', column: 'credentials' };

  constructor(database: Database, crypto: Crypto) {
    super(database, crypto);
  }

  protected contextOf(id: string): string {
    return streamContext(id);
  }
}
