import { Module } from '@nestjs/common';
import { DiscoveryModule } from '@nestjs/core';
import { AuditModule } from '../audit/audit.module.js';
import { SealedWebhooksModule } from '../audit/sealed-webhooks.module.js';
import { SealedConfigModule } from '../config/sealed-config.module.js';
import { SealedCertificatesModule } from '../domains/sealed-certificates.module.js';
import { SealedSecondFactorsModule } from '../identity/sealed-second-factors.module.js';
import { OperationsModule } from '../operations/operations.module.js';
import { KeysController } from './keys.controller.js';
import { RewrapProcessor } from './keys.jobs.js';
import { KeysService } from './keys.service.js';

@Module({
  imports: [
    AuditModule,
    DiscoveryModule,
    OperationsModule,
    SealedCertificatesModule,
    SealedConfigModule,
    SealedSecondFactorsModule,
    SealedWebhooksModule,
  ],
  controllers: [KeysController],
  providers: [KeysService, RewrapProcessor],
})
export class KeysModule {}
