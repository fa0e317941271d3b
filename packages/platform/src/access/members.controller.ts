import { Controller } from '@nestjs/common';
import { Body, From, Param, Query, Route } from '../kernel/http/route.js';
import { type PageQuery, pageQuerySchema } from '../kernel/http/schemas.js';
import type { TenantCaller } from '../kernel/tenancy/caller.js';
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
const [collection, item] = ['/tenants/:tenant/members', '/tenants/:tenant/members/:member'];
const changeErrors = ['member-not-found', 'member-ambiguous', 'last-owner', 'permission-not-yours'];

@Controller()
export class MembersController {
  constructor(private readonly members: MembersService) {}

  @Route({
    method: 'GET',
    path: collection,
    permission: 'members:read',
    tag,
    summary: 'List a tenant’s members: users and groups',
    query: pageQuerySchema,
    answer: memberPage,
  })
  list(@From() caller: TenantCaller, @Query() query: PageQuery) {
    return this.members.list(inTenant(caller), query);
  }

  @Route({
    method: 'POST',
    path: collection,
    permission: 'members:write',
    tag,
    summary: 'Give a user or a group a role in the whole tenant',
    body: createMemberBody,
    answer: memberAnswer,
    errors: ['user-unknown', 'role-unknown', 'member-exists', 'expiry-past', 'permission-not-yours'],
  })
  create(@From() caller: TenantCaller, @Body() body: CreateMember) {
    return this.members.create(caller, inTenant(caller), body);
  }

  @Route({
    method: 'PATCH',
    path: item,
    permission: 'members:write',
    tag,
    summary: 'Change a member’s role or its end',
    description: 'A member is named by user name, by `group:` and the group’s name, or by the id of the one role.',
    body: updateMemberBody,
    answer: memberAnswer,
    errors: [...changeErrors, 'role-unknown', 'member-exists', 'expiry-past'],
  })
  update(@From() caller: TenantCaller, @Param('member') member: string, @Body() body: UpdateMember) {
    return this.members.update(caller, inTenant(caller), member, body);
  }

  @Route({
    method: 'DELETE',
    path: item,
    permission: 'members:write',
    tag,
    summary: 'Remove a member',
    description: 'By name all roles that the user or group has here; by id the one.',
    errors: changeErrors,
  })
  delete(@From() caller: TenantCaller, @Param('member') member: string) {
    return this.members.delete(caller, inTenant(caller), member);
  }
}

const inTenant = ({ tenant }: TenantCaller): NamedPlace => ({
  tenantId: tenant.id,
  projectId: null,
  tenant,
  project: null,
});
