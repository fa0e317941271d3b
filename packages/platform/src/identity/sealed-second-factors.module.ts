import { Module } from '@nestjs/common';
import { SealedSecondFactors } from './sealed-second-factors.store.js';

/** Apart from the rest of the feature, so that the worker rewraps without its routes. */
@Module({ providers: [SealedSecondFactors] })
export class SealedSecondFactorsModule {}
