import { Controller } from '@nestjs/common';
import { Body, From, Param, Query, Route } from '../kernel/http/route.js';
import { type PageQuery, pageQuerySchema } from '../kernel/http/schemas.js';
import type { Caller } from '../kernel/tenancy/caller.js';
import { type CreateGroup, createGroupBody, groupAnswer, groupMemberPage, groupPage } from './groups.dto.js';
import { GroupsService } from './groups.service.js';

const tag = 'groups';

@Controller()
export class GroupsController {
  constructor(private readonly groups: GroupsService) {}

  @Route({
    method: 'GET',
    path: '/groups',
    permission: 'groups:read',
    tag,
    summary: 'List the groups',
    query: pageQuerySchema,
    answer: groupPage,
  })
  list(@Query() query: PageQuery) {
    return this.groups.list(query);
  }

  @Route({
    method: 'POST',
    path: '/groups',
    permission: 'groups:write',
    tag,
    summary: 'Create a group, before the directory or the issuer names it or without them',
    body: createGroupBody,
    answer: groupAnswer,
    errors: ['group-exists'],
  })
  create(@From() caller: Caller, @Body() body: CreateGroup) {
    return this.groups.create(caller, body);
  }

  @Route({
    method: 'GET',
    path: '/groups/:group',
    permission: 'groups:read',
    tag,
    summary: 'Read a group',
    answer: groupAnswer,
    errors: ['group-not-found'],
  })
  get(@Param('group') group: string) {
    return this.groups.get(group);
  }

  @Route({
    method: 'DELETE',
    path: '/groups/:group',
    permission: 'groups:write',
    tag,
    summary: 'Delete a group with the roles that were given to it',
    errors: ['group-not-found', 'last-administrator'],
  })
  delete(@From() caller: Caller, @Param('group') group: string) {
    return this.groups.delete(caller, group);
  }

  @Route({
    method: 'GET',
    path: '/groups/:group/members',
    permission: 'groups:read',
    tag,
    summary: "List a group's members",
    query: pageQuerySchema,
    answer: groupMemberPage,
    errors: ['group-not-found'],
  })
  listMembers(@Param('group') group: string, @Query() query: PageQuery) {
    return this.groups.listMembers(group, query);
  }

  @Route({
    method: 'PUT',
    path: '/groups/:group/members/:username',
    permission: 'groups:write',
    tag,
    summary: 'Add a user to a group',
    errors: ['group-not-found', 'user-not-found'],
  })
  addMember(@From() caller: Caller, @Param('group') group: string, @Param('username') username: string) {
    return this.groups.addMember(caller, group, username);
  }

  @Route({
    method: 'DELETE',
    path: '/groups/:group/members/:username',
    permission: 'groups:write',
    tag,
    summary: 'Take a user out of a group',
    errors: ['group-not-found', 'user-not-found', 'group-is-directory', 'last-administrator'],
  })
  removeMember(@From() caller: Caller, @Param('group') group: string, @Param('username') username: string) {
    return this.groups.removeMember(caller, group, username);
  }
}
