import { Injectable } from '@nestjs/common';
import { Crypto } from '../kernel/crypto/crypto.js';
import { SealedColumn } from '../kernel/crypto/sealed-column.js';
import { Database } from '../kernel/database/index.js';

export const secondFactorContext = (userId: string): string => `second-factor ${userId}`;

/** The secrets that one-time passwords are made of. */
@Injectable()
export class SealedSecondFactors extends SealedColumn {
  readonly name = 'second factors';
  protected readonly place = { table: 'second_factors', id: 'userId', column: 'secret' };

  constructor(database: Database, crypto: Crypto) {
    super(database, crypto);
  }

  protected contextOf(id: string): string {
    return secondFactorContext(id);
  }
}
