import { Controller } from '@nestjs/common';
import { From, Incoming, Param, type Request, Route } from '../kernel/http/route.js';
import type { TenantCaller } from '../kernel/tenancy/caller.js';
import { uploadSchema } from './sources.dto.js';
import { UploadsService } from './uploads.service.js';

@Controller()
export class SourcesController {
  constructor(private readonly uploads: UploadsService) {}

  @Route({
    method: 'POST',
    path: '/tenants/:tenant/projects/:project/applications/:application/uploads',
    permission: 'sources:write',
    summary: 'Upload the folder to build, as a tar compressed by gzip',
    tag: 'builds',
    consumes: ['application/gzip'],
    answer: uploadSchema,
    errors: ['application-not-found', 'archive-too-large', 'archive-malformed', 'archive-empty'],
  })
  upload(
    @From() caller: TenantCaller,
    @Param('project') project: string,
    @Param('application') application: string,
    @Incoming() request: Request,
  ) {
    return this.uploads.receive(caller, project, application, request);
  }
}
