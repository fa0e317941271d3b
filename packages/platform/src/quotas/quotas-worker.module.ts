import { Module } from '@nestjs/common';
import { QuotaHourly, QuotaLoop } from './quota-loop.service.js';
import { QuotaRoutesModule } from './quota-routes.module.js';
import { QuotaSamples } from './quota-samples.service.js';
import { QuotasModule } from './quotas.module.js';

/** What goes on by itself. For the worker alone. */
@Module({
  imports: [QuotaRoutesModule, QuotasModule],
  providers: [QuotaHourly, QuotaLoop, QuotaSamples],
})
export class QuotasWorkerModule {}
