import { Module } from '@nestjs/common';
import { SealedCertificates } from './sealed-certificates.store.js';

/** Apart from the rest of the feature, so that the worker rewraps without its routes. */
@Module({ providers: [SealedCertificates] })
export class SealedCertificatesModule {}
