import { type DynamicModule, Global, Module } from '@nestjs/common';
import { APP_GUARD, DiscoveryModule } from '@nestjs/core';
import { AccessGuard } from './access/access.guard.js';
import { Access } from './access/access.js';
import { Clock } from './clock/clock.js';
import { CONFIG, type Configuration } from './config/config.js';
import { Crypto } from './crypto/crypto.js';
import { KeyRing } from './crypto/key-ring.js';
import { Database } from './database/database.js';
import { EventLog } from './events/event-log.js';
import { EventStream } from './events/event-stream.js';
import { DocumentController } from './http/document.controller.js';
import { Idempotency } from './http/idempotency.js';
import { Outgoing } from './http/outgoing.js';
import { ProblemFilter } from './http/problem.filter.js';
import { RateLimit } from './http/rate-limit.js';
import { RouteInterceptor } from './http/route.interceptor.js';
import { Turns } from './http/turns.js';
import { JobRegistry } from './jobs/job-registry.js';
import { Workers } from './jobs/workers.js';
import { Log } from './log/log.js';
import { Mail } from './mail/mail.js';
import { SendMailProcessor } from './mail/send-mail.jobs.js';
import { Metrics } from './metrics/metrics.js';
import { Outbox } from './outbox/outbox.js';
import { OutboxRelay } from './outbox/relay.js';
import { Redis } from './redis/redis.js';

const providers = [
  Access,
  Clock,
  Crypto,
  Database,
  EventLog,
  EventStream,
  Idempotency,
  JobRegistry,
  KeyRing,
  Log,
  Mail,
  Metrics,
  Outbox,
  OutboxRelay,
  Outgoing,
  ProblemFilter,
  RateLimit,
  Redis,
  RouteInterceptor,
  SendMailProcessor,
  Turns,
  Workers,
];

@Global()
@Module({})
class KernelModule {}

/** What every feature stands on, in the api and in the worker; each door starts what it needs of it. */
export function createKernelModule(config: Configuration): DynamicModule {
  return {
    module: KernelModule,
    imports: [DiscoveryModule],
    controllers: [DocumentController],
    providers: [...providers, { provide: CONFIG, useValue: config }, { provide: APP_GUARD, useClass: AccessGuard }],
    exports: [...providers, CONFIG],
  };
}
