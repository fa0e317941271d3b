import { Inject, Injectable, type OnApplicationShutdown } from '@nestjs/common';
import { Redis as Client } from 'ioredis';
import { CONFIG, type Configuration } from '../config/config.js';
import { Log } from '../log/log.js';

/** Connections to Redis that come back by themselves. Nothing acknowledged lives in Redis alone. */
@Injectable()
export class Redis implements OnApplicationShutdown {
  private readonly connections: Client[] = [];
  private shared: Client | undefined;

  constructor(
    @Inject(CONFIG) private readonly config: Pick<Configuration, 'redisUrl'>,
    private readonly log: Log,
  ) {}

  /** For short commands: fails fast while Redis is away. */
  get commands(): Client {
    this.shared ??= this.connect({ maxRetriesPerRequest: 1, enableOfflineQueue: false, commandTimeout: 2_000 });
    return this.shared;
  }

  /** A connection of one's own for BullMQ or a subscription: waits while Redis is away. */
  createConnection(): Client {
    return this.connect({ maxRetriesPerRequest: null, enableReadyCheck: false });
  }

  async onApplicationShutdown(): Promise<void> {
    for (const connection of this.connections) connection.disconnect();
  }

  private connect(options: object): Client {
    const client = new Client(this.config.redisUrl, {
      ...options,
      retryStrategy: (attempt: number) => Math.min(attempt * 100, 2_000),
    });
    client.on('error', (error: Error) => this.log.debug('Redis connection failed', { reason: error.message }));
    this.connections.push(client);
    return client;
  }
}
