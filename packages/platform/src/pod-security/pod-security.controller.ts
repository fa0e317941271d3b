import { Controller } from '@nestjs/common';
import { Body, From, Param, Route } from '../kernel/http/route.js';
import type { TenantCaller } from '../kernel/tenancy/caller.js';
import {
  type CheckImageUser,
  checkImageUserBody,
  imageUserAnswer,
  type PutPodSecurity,
  podSecurityAnswer,
  putPodSecurityBody,
} from './pod-security.dto.js';
import { PodSecurityService } from './pod-security.service.js';

const tag = 'pod-security';
const path = '/tenants/:tenant/projects/:project/pod-security';

@Controller()
export class PodSecurityController {
  constructor(private readonly security: PodSecurityService) {}

  @Route({
    method: 'GET',
    path,
    permission: 'policies:read',
    tag,
    summary: "Read which Pod Security level a project's namespaces are held to",
    answer: podSecurityAnswer,
    errors: ['project-not-found'],
  })
  get(@From() caller: TenantCaller, @Param('project') project: string) {
    return this.security.get(caller, project);
  }

  @Route({
    method: 'PUT',
    path,
    permission: 'policies:write',
    tag,
    summary: "Set the Pod Security level of a project's namespaces",
    body: putPodSecurityBody,
    answer: podSecurityAnswer,
    errors: ['project-not-found', 'project-being-deleted', 'pod-security-needs-consent'],
  })
  put(@From() caller: TenantCaller, @Param('project') project: string, @Body() body: PutPodSecurity) {
    return this.security.put(caller, project, body);
  }

  @Route({
    method: 'POST',
    path: `${path}/image-checks`,
    permission: 'policies:read',
    tag,
    summary: 'Ask whom an image would run as in a project',
    body: checkImageUserBody,
    answer: imageUserAnswer,
    status: 200,
    errors: ['project-not-found'],
  })
  checkImage(@From() caller: TenantCaller, @Param('project') project: string, @Body() body: CheckImageUser) {
    return this.security.checkImage(caller, project, body);
  }
}
