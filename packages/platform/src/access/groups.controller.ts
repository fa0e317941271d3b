import { Controller } from '@nestjs/common';
import { Param, Query, Route } from '../kernel/http/route.js';
import { type PageQuery, pageQuerySchema } from '../kernel/http/schemas.js';
import { groupAnswer, groupMemberPage, groupPage } from './groups.dto.js';
import { GroupsService } from './groups.service.js';

const tag = 'groups';
const errors = ['directory-group-not-found'];

@Controller()
export class GroupsController {
  constructor(private readonly groups: GroupsService) {}

  @Route({
    method: 'GET',
    path: '/groups',
    permission: 'groups:read',
    tag,
    summary: "List the directory's groups, and those that roles have been given to in advance",
    query: pageQuerySchema,
    answer: groupPage,
  })
  list(@Query() query: PageQuery) {
    return this.groups.list(query);
  }

  @Route({
    method: 'GET',
    path: '/groups/:group',
    permission: 'groups:read',
    tag,
    summary: 'Read a group',
    answer: groupAnswer,
    errors,
  })
  get(@Param('group') group: string) {
    return this.groups.get(group);
  }

  @Route({
    method: 'GET',
    path: '/groups/:group/members',
    permission: 'groups:read',
    tag,
    summary: 'List the users in a group',
    query: pageQuerySchema,
    answer: groupMemberPage,
    errors,
  })
  listMembers(@Param('group') group: string, @Query() query: PageQuery) {
    return this.groups.listMembers(group, query);
  }
}
