import { Injectable } from '@nestjs/common';
import type { KubeClient } from '@slipway/orchestrator/client';
import {
  type NamespacePart,
  type NamespacePlace,
  ProvidesInNamespace,
} from '../environments/namespace-parts.service.js';
import { NamespaceQuotas } from './namespace-quotas.service.js';

/** ResourceQuota `slipway-quota` and LimitRange `slipway-limits`. */
@ProvidesInNamespace({ step: 'quota', order: 30 })
@Injectable()
export class NamespaceQuotaPart implements NamespacePart {
  constructor(private readonly quotas: NamespaceQuotas) {}

  async ensure(client: KubeClient, place: NamespacePlace): Promise<void> {
    await this.quotas.applyOne(client, place);
  }
}
