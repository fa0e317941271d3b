import { Module } from '@nestjs/common';
import { SealedConfig } from './sealed-config.store.js';

/** Apart from the rest of the feature, so that the worker rewraps without its routes. */
@Module({ providers: [SealedConfig] })
export class SealedConfigModule {}
