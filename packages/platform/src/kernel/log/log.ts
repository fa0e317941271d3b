import { Inject, Injectable, type LoggerService } from '@nestjs/common';
import { type Logger, pino } from 'pino';
import { CONFIG, type Configuration } from '../config/config.js';

const secretKeys = ['password', 'passwordHash', 'token', 'secret', 'authorization', 'cookie', 'client_secret', 'hash'];
const redact = secretKeys.flatMap((key) => [key, `*.${key}`, `*.*.${key}`, `*["${key}"]`]);

/** Nest names every route and module when it starts. */
const startupContexts = new Set(['InstanceLoader', 'NestFactory', 'RouterExplorer', 'RoutesResolver']);

/** One JSON object a line; secrets by name never reach it. */
@Injectable()
export class Log implements LoggerService {
  private readonly logger: Logger;

  constructor(@Inject(CONFIG) config: Pick<Configuration, 'logLevel'>) {
    this.logger = pino({
      level: config.logLevel,
      redact: { paths: [...new Set(redact)], censor: '[redacted]' },
      timestamp: pino.stdTimeFunctions.isoTime,
    });
  }

  info(message: string, fields: object = {}): void {
    this.logger.info(fields, message);
  }

  /** What is wrong but heals or is refused. */
  warn(message: string, fields?: unknown): void {
    this.logger.warn(asFields(fields), message);
  }

  /** What somebody must look at; an `Error` goes under `error`. */
  error(message: string, ...rest: unknown[]): void {
    this.logger.error(asFields(rest[0]), message);
  }

  // Nest's own words.
  log(message: string, context?: unknown): void {
    const isStartup = typeof context === 'string' && startupContexts.has(context);
    this.logger[isStartup ? 'debug' : 'info'](asFields(context), message);
  }

  debug(message: string, context?: unknown): void {
    this.logger.debug(asFields(context), message);
  }

  verbose(message: string, context?: unknown): void {
    this.logger.trace(asFields(context), message);
  }
}

function asFields(value: unknown): object {
  if (value instanceof Error) return { error: describe(value) };
  if (typeof value !== 'object' || value === null) return value === undefined ? {} : { context: value };
  const error: unknown = Reflect.get(value, 'error');
  return error instanceof Error ? { ...value, error: describe(error) } : value;
}

/** An error with its causes, for the log alone. */
function describe(error: Error, depth = 0): object {
  const cause = error.cause instanceof Error && depth < 4 ? { cause: describe(error.cause, depth + 1) } : {};
  return { name: error.name, message: error.message, stack: error.stack, ...cause };
}
