import { Injectable } from '@nestjs/common';
import { Crypto } from '../kernel/crypto/crypto.js';
import { SealedColumn } from '../kernel/crypto/sealed-column.js';
import { Database } from '../kernel/database/index.js';
import { certificateContext } from './routed-domains.js';

/** The keys of uploaded certificates. */
@Injectable()
export class SealedCertificates extends SealedColumn {
  readonly name = 'certificates';
  protected readonly place = { table: 'domain_certificates', id: 'domainId', column: 'sealedKey' };

  constructor(database: Database, crypto: Crypto) {
    super(database, crypto);
  }

  protected contextOf(id: string): string {
    return certificateContext(id);
  }
}
