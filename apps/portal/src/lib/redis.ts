import { Redis } from 'ioredis';
import { getConfig } from './config';

declare global {
  // Development reloads modules; one connection must survive that.
  var slipwayPortalRedis: Redis | undefined;
}

/** The process's connection to Redis, opened at first use. Commands fail after one second without a connection instead of waiting. */
export function getRedis(): Redis {
  if (!globalThis.slipwayPortalRedis) {
    const redis = new Redis(getConfig().redisUrl, {
      maxRetriesPerRequest: 1,
      connectTimeout: 1000,
      retryStrategy: (attempt) => Math.min(attempt * 100, 1000),
    });
    redis.on('error', () => undefined);
    globalThis.slipwayPortalRedis = redis;
  }
  return globalThis.slipwayPortalRedis;
}
