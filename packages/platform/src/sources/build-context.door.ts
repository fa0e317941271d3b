import { createReadStream } from 'node:fs';
import { stat } from 'node:fs/promises';
import { pipeline } from 'node:stream/promises';
import { Inject, Injectable } from '@nestjs/common';
import { BuildTokens } from '../builds/build-tokens.service.js';
import { CONFIG, type Configuration } from '../kernel/config/config.js';
import { fail } from '../kernel/errors/kernel.errors.js';
import { Door } from '../kernel/http/door.js';
import type { Request, Response } from '../kernel/http/route.js';
import { archivePath } from './uploads.service.js';

/** Gives a running build its archive: `GET /internal/builds/{id}/context`, with the token of that very build. */
@Injectable()
export class BuildContextDoor extends Door {
  readonly path = '/internal/builds';

  constructor(
    private readonly tokens: BuildTokens,
    @Inject(CONFIG) private readonly config: Configuration,
  ) {
    super();
  }

  async handle(request: Request, response: Response): Promise<void> {
    const id = /^\/([0-9a-f-]{36})\/context$/.exec(request.path)?.[1];
    const token = /^Bearer (\S+)$/.exec(request.headers.authorization ?? '')?.[1];
    const grant = token ? await this.tokens.find(token) : undefined;
    const upload: unknown = Reflect.get(Object(grant?.source), 'upload');
    if (request.method !== 'GET' || !id || grant?.buildId !== id || typeof upload !== 'string') throw fail('not-found');
    const path = archivePath(this.config.uploadsDir, upload);
    const { size } = await stat(path).catch((cause: unknown) => {
      throw fail('not-found', { detail: 'The archive is no longer there: upload it again.', cause });
    });
    response.writeHead(200, { 'content-type': 'application/gzip', 'content-length': size });
    await pipeline(createReadStream(path), response).catch(() => response.destroy());
  }
}
