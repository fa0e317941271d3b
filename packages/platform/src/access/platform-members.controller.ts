import { Controller } from '@nestjs/common';
import { Body, From, Param, Query, Route } from '../kernel/http/route.js';
import { type PageQuery, pageQuerySchema } from '../kernel/http/schemas.js';
import type { Caller } from '../kernel/tenancy/caller.js';
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

const tag = 'platform-members';
const [collection, item] = ['/platform-members', '/platform-members/:member'];
const changeErrors = ['member-not-found', 'member-ambiguous', 'permission-not-yours', 'last-administrator'];
const onPlatform: NamedPlace = { tenantId: null, projectId: null, tenant: null, project: null };

@Controller()
export class PlatformMembersController {
  constructor(private readonly members: MembersService) {}

  @Route({
    method: 'GET',
    path: collection,
    permission: 'platform-members:read',
    tag,
    summary: 'List who has a role on the platform',
    query: pageQuerySchema,
    answer: memberPage,
  })
  list(@Query() query: PageQuery) {
    return this.members.list(onPlatform, query);
  }

  @Route({
    method: 'POST',
    path: collection,
    permission: 'platform-members:write',
    tag,
    summary: 'Give a user or a group a role on the platform',
    body: createMemberBody,
    answer: memberAnswer,
    errors: ['user-unknown', 'role-unknown', 'member-exists', 'expiry-past', 'permission-not-yours'],
  })
  create(@From() caller: Caller, @Body() body: CreateMember) {
    return this.members.create(caller, onPlatform, body);
  }

  @Route({
    method: 'PATCH',
    path: item,
    permission: 'platform-members:write',
    tag,
    summary: 'Change a role on the platform, or its end',
    description: 'A member is named by user name, by `group:` and the group’s name, or by the id of the one role.',
    body: updateMemberBody,
    answer: memberAnswer,
    errors: [...changeErrors, 'role-unknown', 'member-exists', 'expiry-past'],
  })
  update(@From() caller: Caller, @Param('member') member: string, @Body() body: UpdateMember) {
    return this.members.update(caller, onPlatform, member, body);
  }

  @Route({
    method: 'DELETE',
    path: item,
    permission: 'platform-members:write',
    tag,
    summary: 'Take a role on the platform',
    description: 'By name all roles that the user or group has here; by id the one.',
    errors: changeErrors,
  })
  delete(@From() caller: Caller, @Param('member') member: string) {
    return this.members.delete(caller, onPlatform, member);
  }
}
