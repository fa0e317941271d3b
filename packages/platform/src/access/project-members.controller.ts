import { Controller } from '@nestjs/common';
import { Body, From, Param, Query, Route } from '../kernel/http/route.js';
import { type PageQuery, pageQuerySchema } from '../kernel/http/schemas.js';
import type { TenantCaller } from '../kernel/tenancy/caller.js';
import { ProjectsService } from '../projects/projects.service.js';
import type { NamedPlace } from './member-records.service.js';
import {
  type CreateMember,
  createMemberBody,
  memberAnswer,
  memberPage,
  type UpdateMember,
  updateMemberBody,
} from './members.dto.js';
import { MembersService } from './members.service.js';

const tag = 'members';
const [collection, item] = [
  '/tenants/:tenant/projects/:project/members',
  '/tenants/:tenant/projects/:project/members/:member',
];
const changeErrors = ['member-not-found', 'member-ambiguous', 'permission-not-yours', 'project-not-found'];

@Controller()
export class ProjectMembersController {
  constructor(
    private readonly members: MembersService,
    private readonly projects: ProjectsService,
  ) {}

  @Route({
    method: 'GET',
    path: collection,
    permission: 'members:read',
    tag,
    summary: 'List who has a role in one project only',
    query: pageQuerySchema,
    answer: memberPage,
    errors: ['project-not-found'],
  })
  async list(@From() caller: TenantCaller, @Param('project') project: string, @Query() query: PageQuery) {
    return this.members.list(await this.place(caller, project), query);
  }

  @Route({
    method: 'POST',
    path: collection,
    permission: 'members:write',
    tag,
    summary: 'Give a user or a group a role in one project',
    body: createMemberBody,
    answer: memberAnswer,
    errors: [
      'user-unknown',
      'role-unknown',
      'member-exists',
      'expiry-past',
      'permission-not-yours',
      'project-not-found',
    ],
  })
  async create(@From() caller: TenantCaller, @Param('project') project: string, @Body() body: CreateMember) {
    return this.members.create(caller, await this.place(caller, project), body);
  }

  @Route({
    method: 'PATCH',
    path: item,
    permission: 'members:write',
    tag,
    summary: 'Change a role in a project, or its end',
    description: 'A member is named by user name, by `group:` and the group’s name, or by the id of the one role.',
    body: updateMemberBody,
    answer: memberAnswer,
    errors: [...changeErrors, 'role-unknown', 'member-exists', 'expiry-past'],
  })
  async update(
    @From() caller: TenantCaller,
    @Param('project') project: string,
    @Param('member') member: string,
    @Body() body: UpdateMember,
  ) {
    return this.members.update(caller, await this.place(caller, project), member, body);
  }

  @Route({
    method: 'DELETE',
    path: item,
    permission: 'members:write',
    tag,
    summary: 'Take a role in a project',
    description: 'By name all roles that the user or group has here; by id the one.',
    errors: changeErrors,
  })
  async delete(@From() caller: TenantCaller, @Param('project') project: string, @Param('member') member: string) {
    return this.members.delete(caller, await this.place(caller, project), member);
  }

  private async place(caller: TenantCaller, name: string): Promise<NamedPlace> {
    const { tenant } = caller;
    const project = await this.projects.getRow(caller, name);
    return { tenantId: tenant.id, projectId: project.id, tenant, project: project.name };
  }
}
