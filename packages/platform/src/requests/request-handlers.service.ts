import { Injectable } from '@nestjs/common';
import { DiscoveryService } from '@nestjs/core';
import { decidesKey, type RequestHandler } from './request-handler.js';
import { fail } from './requests.errors.js';
import { isRequestKind, type RequestKind } from './requests.rules.js';

export {
  type DecidedRequest,
  Decides,
  type RefusedState,
  type RequestHandler,
  type RequestPlace,
} from './request-handler.js';

/** The handlers among this process's providers, by their kind. */
@Injectable()
export class RequestHandlers {
  private handlers: Map<RequestKind, RequestHandler<object>> | undefined;

  constructor(private readonly discovery: DiscoveryService) {}

  get(kind: string): RequestHandler<object> {
    const handler = isRequestKind(kind) ? this.all().get(kind) : undefined;
    if (!handler) throw fail('request-kind-unknown', `Nobody decides requests of the kind ${kind} here.`);
    return handler;
  }

  private all(): Map<RequestKind, RequestHandler<object>> {
    this.handlers ??= this.discover();
    return this.handlers;
  }

  private discover(): Map<RequestKind, RequestHandler<object>> {
    const handlers = new Map<RequestKind, RequestHandler<object>>();
    for (const wrapper of this.discovery.getProviders()) {
      if (!wrapper.metatype || !wrapper.instance) continue;
      const kind: RequestKind | undefined = Reflect.getMetadata(decidesKey, wrapper.metatype);
      if (kind) handlers.set(kind, wrapper.instance as RequestHandler<object>);
    }
    return handlers;
  }
}
