import { Module } from '@nestjs/common';
import { SealedStreams, SealedWebhooks } from './sealed-webhooks.store.js';

/** Apart from the rest of the feature, so that the worker rewraps without its routes. */
@Module({ providers: [SealedStreams, SealedWebhooks] })
export class SealedWebhooksModule {}
