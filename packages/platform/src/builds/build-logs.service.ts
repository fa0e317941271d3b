import { Inject, Injectable } from '@nestjs/common';
import { Clock } from '../kernel/clock/clock.js';
import { CONFIG, type Configuration } from '../kernel/config/config.js';
import type { Request, Response } from '../kernel/http/route.js';
import {
  type ServerSentEvent,
  sendEvents,
  sendText,
  signalOf,
  wantsEvents,
} from '../kernel/http/server-sent-events.js';
import type { TenantCaller } from '../kernel/tenancy/caller.js';
import { buildLogPath, followLog, readLog } from './build-log.js';
import { BuildsService } from './builds.service.js';

@Injectable()
export class BuildLogs {
  constructor(
    private readonly builds: BuildsService,
    private readonly clock: Clock,
    @Inject(CONFIG) private readonly config: Configuration,
  ) {}

  async send(
    caller: TenantCaller,
    project: string,
    application: string,
    number: string,
    request: Request,
    response: Response,
  ): Promise<void> {
    const { row } = await this.builds.getRow(caller, project, application, number);
    const path = buildLogPath(this.config.uploadsDir, row.id);
    if (wantsEvents(request)) await sendEvents(response, this.follow(row.id, path, signalOf(response)));
    else await sendText(response, lines(path));
  }

  private async *follow(id: string, path: string, signal: AbortSignal): AsyncGenerator<ServerSentEvent> {
    const sleep = () => this.clock.sleep(300, signal);
    for await (const data of followLog(path, () => this.builds.isOver(id), sleep, signal))
      yield { event: 'line', data };
    if (!signal.aborted) yield { event: 'end', data: {} };
  }
}

async function* lines(path: string): AsyncGenerator<string> {
  for await (const { text } of readLog(path)) yield `${text}\n`;
}
