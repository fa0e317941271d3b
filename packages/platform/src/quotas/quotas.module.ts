import { Module } from '@nestjs/common';
import { QuotasRepository } from './quotas.repository.js';
import { QuotasService } from './quotas.service.js';

/** Counting alone, which every feature that makes something needs; it needs none of them. */
@Module({
  providers: [QuotasRepository, QuotasService],
  exports: [QuotasRepository, QuotasService],
})
export class QuotasModule {}
