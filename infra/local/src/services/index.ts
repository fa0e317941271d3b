import { existsSync, mkdirSync } from 'node:fs';
import type { Platform } from '../platform.js';
import type { Service } from '../service.js';
import { containerd } from './containerd.js';
import { api, cluster, images, portal, worker } from './doors.js';
import { gateway } from './gateway.js';
import { keycloak } from './keycloak.js';
import { alertmanager, prometheus } from './metrics.js';
import { postgres } from './postgres.js';
import { redis } from './redis.js';
import { registry } from './registry.js';

/** The services of this platform in the order in which they are started; parts given by URL are not among them. */
export function listServices(platform: Platform): Service[] {
  const { embeds, config } = platform;
  const real = config.nodes === 'real';
  for (const name of ['git', 'uploads', 'cluster']) mkdirSync(platform.at(name), { recursive: true });
  const services = [
    embeds.postgres && postgres(platform),
    embeds.redis && redis(platform),
    real && containerd(platform),
    embeds.registry && registry(platform),
    gateway(platform),
    embeds.prometheus && prometheus(platform),
    embeds.prometheus && alertmanager(platform),
    embeds.keycloak && keycloak(platform),
    cluster(platform),
    api(platform),
    worker(platform),
    portal(platform),
    real && config.images.prepare && images(platform),
  ];
  return services.filter((service) => service !== false);
}

/** Program files of ours that must have been built before anything can start. */
export function missingPrograms(services: readonly Service[]): string[] {
  return services.flatMap(({ command }) =>
    command.filter((part) => /\/(dist|\.next)\/.*\.js$/.test(part) && !existsSync(part)),
  );
}
