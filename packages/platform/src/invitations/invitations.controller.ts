import { Controller } from '@nestjs/common';
import { Body, From, Param, Query, Route } from '../kernel/http/route.js';
import { type PageQuery, pageQuerySchema } from '../kernel/http/schemas.js';
import type { Caller, TenantCaller } from '../kernel/tenancy/caller.js';
import {
  type CreateInvitation,
  createInvitationBody,
  type InvitationToken,
  invitationPage,
  invitationPreview,
  sentInvitationAnswer,
  tokenBody,
} from './invitations.dto.js';
import { InvitationsService } from './invitations.service.js';

const tag = 'invitations';
const collection = '/tenants/:tenant/invitations';

@Controller()
export class InvitationsController {
  constructor(private readonly invitations: InvitationsService) {}

  @Route({
    method: 'GET',
    path: collection,
    permission: 'invitations:read',
    tag,
    summary: "List a tenant's invitations, the newest first",
    query: pageQuerySchema,
    answer: invitationPage,
  })
  list(@From() caller: TenantCaller, @Query() query: PageQuery) {
    return this.invitations.list(caller, query);
  }

  @Route({
    method: 'POST',
    path: collection,
    permission: 'invitations:write',
    tag,
    summary: 'Invite somebody by mail to a tenant, or to one project',
    body: createInvitationBody,
    answer: sentInvitationAnswer,
    errors: ['invitation-role-too-high'],
  })
  create(@From() caller: TenantCaller, @Body() body: CreateInvitation) {
    return this.invitations.create(caller, body);
  }

  @Route({
    method: 'POST',
    path: `${collection}/:invitation/resend`,
    permission: 'invitations:write',
    tag,
    summary: 'Send an invitation again, with a new link; the old one ends',
    answer: sentInvitationAnswer,
    errors: ['invitation-not-found', 'invitation-over', 'invitation-role-too-high'],
  })
  resend(@From() caller: TenantCaller, @Param('invitation') invitation: string) {
    return this.invitations.resend(caller, invitation);
  }

  @Route({
    method: 'DELETE',
    path: `${collection}/:invitation`,
    permission: 'invitations:write',
    tag,
    summary: 'Take an invitation back',
    allowedIn: ['cordoned', 'suspended', 'archived'],
    errors: ['invitation-not-found', 'invitation-over'],
  })
  revoke(@From() caller: TenantCaller, @Param('invitation') invitation: string) {
    return this.invitations.revoke(caller, invitation);
  }

  @Route({
    method: 'POST',
    path: '/invitations/preview',
    permission: 'signed-in',
    tag,
    summary: 'Read what an invitation invites to',
    body: tokenBody,
    answer: invitationPreview,
    status: 200,
    errors: ['invitation-invalid'],
  })
  preview(@Body() { token }: InvitationToken) {
    return this.invitations.preview(token);
  }

  @Route({
    method: 'POST',
    path: '/invitations/accept',
    permission: 'signed-in',
    tag,
    summary: 'Accept an invitation as who is signed in',
    body: tokenBody,
    answer: invitationPreview,
    status: 200,
    errors: ['invitation-invalid'],
  })
  accept(@From() caller: Caller, @Body() { token }: InvitationToken) {
    return this.invitations.accept(caller, token);
  }
}
