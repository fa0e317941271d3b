import { Module } from '@nestjs/common';
import { AuditModule } from '../audit/audit.module.js';
import { ConfigReach } from './config-reach.service.js';
import { ConfigWrites } from './config-writes.service.js';

/** Apart from the rest of the feature, which needs projects, so that a new project is given the config of its blueprint. */
@Module({ imports: [AuditModule], providers: [ConfigReach, ConfigWrites], exports: [ConfigWrites] })
export class ConfigWritesModule {}
