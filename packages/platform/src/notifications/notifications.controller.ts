import { Controller } from '@nestjs/common';
import { Body, From, Query, Route } from '../kernel/http/route.js';
import type { Caller } from '../kernel/tenancy/caller.js';
import {
  type NotificationsQuery,
  notificationPage,
  notificationsQuery,
  type Read,
  readBody,
} from './notifications.dto.js';
import { NotificationsService } from './notifications.service.js';

@Controller()
export class NotificationsController {
  constructor(private readonly notifications: NotificationsService) {}

  @Route({
    method: 'GET',
    path: '/me/notifications',
    permission: 'signed-in',
    tag: 'me',
    summary: 'List what I should hear of, newest first',
    query: notificationsQuery,
    answer: notificationPage,
  })
  list(@From() caller: Caller, @Query() query: NotificationsQuery) {
    return this.notifications.list(caller.actor, query);
  }

  @Route({
    method: 'POST',
    path: '/me/notifications/read',
    permission: 'signed-in',
    tag: 'me',
    summary: 'Mark notifications as read',
    body: readBody,
  })
  read(@From() caller: Caller, @Body() body: Read) {
    return this.notifications.markRead(caller.actor, body);
  }
}
