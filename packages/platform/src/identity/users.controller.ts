import { Controller } from '@nestjs/common';
import { Body, From, Param, Query, Route } from '../kernel/http/route.js';
import type { Caller } from '../kernel/tenancy/caller.js';
import {
  type CreateUser,
  createUserBody,
  type UpdateUser,
  type UserQuery,
  updateUserBody,
  userAnswer,
  userPage,
  userQuery,
} from './identity.dto.js';
import { UsersService } from './users.service.js';

const tag = 'users';

@Controller()
export class UsersController {
  constructor(private readonly users: UsersService) {}

  @Route({
    method: 'GET',
    path: '/users',
    permission: 'users:read',
    tag,
    summary: 'List the users',
    query: userQuery,
    answer: userPage,
  })
  list(@Query() query: UserQuery) {
    return this.users.list(query);
  }

  @Route({
    method: 'POST',
    path: '/users',
    permission: 'users:write',
    tag,
    summary: 'Create a user of the built-in issuer',
    body: createUserBody,
    answer: userAnswer,
    errors: ['user-exists', 'password-weak'],
  })
  create(@From() caller: Caller, @Body() body: CreateUser) {
    return this.users.create(caller, body);
  }

  @Route({
    method: 'GET',
    path: '/users/:username',
    permission: 'users:read',
    tag,
    summary: 'Read a user',
    answer: userAnswer,
    errors: ['user-not-found'],
  })
  get(@Param('username') username: string) {
    return this.users.get(username);
  }

  @Route({
    method: 'PATCH',
    path: '/users/:username',
    permission: 'users:write',
    tag,
    summary: 'Change a user',
    body: updateUserBody,
    answer: userAnswer,
    errors: ['user-not-found', 'user-is-yourself', 'user-is-external', 'password-weak', 'last-administrator'],
  })
  update(@From() caller: Caller, @Param('username') username: string, @Body() body: UpdateUser) {
    return this.users.update(caller, username, body);
  }

  @Route({
    method: 'DELETE',
    path: '/users/:username',
    permission: 'users:write',
    tag,
    summary: 'Delete a user with all tokens and memberships',
    errors: ['user-not-found', 'user-is-yourself', 'user-is-last-owner', 'last-administrator'],
  })
  delete(@From() caller: Caller, @Param('username') username: string) {
    return this.users.delete(caller, username);
  }
}
