import { Module } from '@nestjs/common';
import { ClustersModule } from '../clusters/clusters.module.js';
import type { Clock } from '../kernel/clock/clock.js';
import type { Database } from '../kernel/database/index.js';
import { NamespaceQuotas } from './namespace-quotas.service.js';
import { QuotaQueue } from './quota-queue.service.js';
import { QuotasRepository } from './quotas.repository.js';
import { QuotasService } from './quotas.service.js';

/** Counting alone, which every feature that makes something needs; it needs none of them. */
@Module({
  imports: [ClustersModule],
  providers: [QuotasRepository, QuotasService, NamespaceQuotas, QuotaQueue],
  exports: [QuotasRepository, QuotasService, NamespaceQuotas, QuotaQueue],
})
export class QuotasModule {}

/** The counting without Nest: for who measures it. */
export const createQuotas = (database: Database, clock: Clock): QuotasService =>
  new QuotasService(new QuotasRepository(database), clock);
