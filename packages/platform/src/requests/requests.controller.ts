import { Controller } from '@nestjs/common';
import { Body, From, Param, Query, Route } from '../kernel/http/route.js';
import type { Caller } from '../kernel/tenancy/caller.js';
import { RequestDecisions } from './request-decisions.service.js';
import { RequestViews } from './request-views.service.js';
import {
  type CreateRequest,
  commentBody,
  createRequestBody,
  type Decide,
  decideBody,
  type RequestsQuery,
  type Review,
  requestAnswer,
  requestPage,
  requestsQuery,
  reviewBody,
} from './requests.dto.js';

const tag = 'requests';
const permission = 'signed-in';
const errors = ['request-not-found', 'request-over', 'request-own', 'request-not-yours'];

@Controller()
export class RequestsController {
  constructor(
    private readonly views: RequestViews,
    private readonly decisions: RequestDecisions,
  ) {}

  @Route({
    method: 'GET',
    path: '/requests',
    permission,
    tag,
    summary: 'List requests: mine, those that wait for me, or all that I may see; newest first',
    query: requestsQuery,
    answer: requestPage,
  })
  list(@From() caller: Caller, @Query() query: RequestsQuery) {
    return this.views.list(caller.actor, query);
  }

  @Route({
    method: 'POST',
    path: '/requests',
    permission,
    tag,
    summary: 'Ask for something that needs consent',
    description:
      'Where a policy approves by itself, the answer is `approved` already. With `breakGlass`, whoever may break the glass is let in at once for a short time, and must be reviewed.',
    body: createRequestBody,
    answer: requestAnswer,
    location: ({ id }) => `/requests/${id}`,
    errors: [
      'request-kind-unknown',
      'request-payload-invalid',
      'request-already-pending',
      'request-time-limited',
      'request-time-unlimited',
      'break-glass-refused',
    ],
  })
  create(@From() caller: Caller, @Body() body: CreateRequest) {
    return this.decisions.create(caller, body);
  }

  @Route({
    method: 'GET',
    path: '/requests/:id',
    permission,
    tag,
    summary: 'Read a request: what would change, who decides, and what was decided',
    answer: requestAnswer,
    errors: ['request-not-found'],
  })
  get(@From() caller: Caller, @Param('id') id: string) {
    return this.views.get(caller.actor, id);
  }

  @Route({
    method: 'POST',
    path: '/requests/:id/approve',
    permission,
    tag,
    summary: 'Approve a request; the last approval that is needed takes effect at once',
    body: decideBody,
    answer: requestAnswer,
    status: 200,
    errors: [...errors, 'request-decided-by-you'],
  })
  approve(@From() caller: Caller, @Param('id') id: string, @Body() body: Decide) {
    return this.decisions.approve(caller, id, body.comment);
  }

  @Route({
    method: 'POST',
    path: '/requests/:id/reject',
    permission,
    tag,
    summary: 'Reject a request; one rejection ends it',
    body: decideBody,
    answer: requestAnswer,
    status: 200,
    errors,
  })
  reject(@From() caller: Caller, @Param('id') id: string, @Body() body: Decide) {
    return this.decisions.reject(caller, id, body.comment);
  }

  @Route({
    method: 'POST',
    path: '/requests/:id/withdraw',
    permission,
    tag,
    summary: 'Withdraw my request',
    body: decideBody,
    answer: requestAnswer,
    status: 200,
    errors,
  })
  withdraw(@From() caller: Caller, @Param('id') id: string, @Body() body: Decide) {
    return this.decisions.withdraw(caller, id, body.comment);
  }

  @Route({
    method: 'POST',
    path: '/requests/:id/comments',
    permission,
    tag,
    summary: 'Say something about a request',
    body: commentBody,
    answer: requestAnswer,
    errors: ['request-not-found'],
  })
  comment(@From() caller: Caller, @Param('id') id: string, @Body() body: { comment: string }) {
    return this.decisions.comment(caller, id, body.comment);
  }

  @Route({
    method: 'POST',
    path: '/requests/:id/end',
    permission,
    tag,
    summary: 'Take a grant back, or give it back',
    body: decideBody,
    answer: requestAnswer,
    status: 200,
    errors: [...errors, 'request-not-in-force'],
  })
  end(@From() caller: Caller, @Param('id') id: string, @Body() body: Decide) {
    return this.decisions.end(caller, id, body.comment);
  }

  @Route({
    method: 'POST',
    path: '/requests/:id/review',
    permission,
    tag,
    summary: 'Give the verdict over a broken glass',
    body: reviewBody,
    answer: requestAnswer,
    status: 200,
    errors: [...errors, 'request-review-not-due'],
  })
  review(@From() caller: Caller, @Param('id') id: string, @Body() body: Review) {
    return this.decisions.review(caller, id, body);
  }
}
