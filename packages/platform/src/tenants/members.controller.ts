import { Controller } from '@nestjs/common';
import { Body, From, Param, Query, Route } from '../kernel/http/route.js';
import { type PageQuery, pageQuerySchema } from '../kernel/http/schemas.js';
import type { TenantCaller } from '../kernel/tenancy/caller.js';
import { MembersService } from './members.service.js';
import {
  type CreateMember,
  createMemberBody,
  memberAnswer,
  memberPage,
  type UpdateMember,
  updateMemberBody,
} from './tenants.dto.js';

const tag = 'members';

@Controller()
export class MembersController {
  constructor(private readonly members: MembersService) {}

  @Route({
    method: 'GET',
    path: '/tenants/:tenant/members',
    permission: 'members:read',
    tag,
    summary: "List a tenant's members",
    query: pageQuerySchema,
    answer: memberPage,
  })
  list(@From() caller: TenantCaller, @Query() query: PageQuery) {
    return this.members.list(caller, query);
  }

  @Route({
    method: 'POST',
    path: '/tenants/:tenant/members',
    permission: 'members:write',
    tag,
    summary: 'Make a user a member',
    body: createMemberBody,
    answer: memberAnswer,
    errors: ['user-unknown', 'member-exists'],
  })
  create(@From() caller: TenantCaller, @Body() body: CreateMember) {
    return this.members.create(caller, body);
  }

  @Route({
    method: 'PATCH',
    path: '/tenants/:tenant/members/:username',
    permission: 'members:write',
    tag,
    summary: "Change a member's role",
    body: updateMemberBody,
    answer: memberAnswer,
    errors: ['member-not-found', 'last-owner'],
  })
  update(@From() caller: TenantCaller, @Param('username') username: string, @Body() body: UpdateMember) {
    return this.members.update(caller, username, body);
  }

  @Route({
    method: 'DELETE',
    path: '/tenants/:tenant/members/:username',
    permission: 'members:write',
    tag,
    summary: 'Remove a member',
    errors: ['member-not-found', 'last-owner'],
  })
  delete(@From() caller: TenantCaller, @Param('username') username: string) {
    return this.members.delete(caller, username);
  }
}
