import { Controller } from '@nestjs/common';
import { From, Incoming, Param, Query, type Request, Route } from '../kernel/http/route.js';
import type { Caller, TenantCaller } from '../kernel/tenancy/caller.js';
import {
  fullReportAnswer,
  type ReportQuery,
  reportAnswer,
  reportPage,
  reportQuery,
  type SubmitQuery,
  submitQuery,
} from './image-reports.dto.js';
import { ImageReports } from './image-reports.service.js';

const tag = 'policies';
const base = '/tenants/:tenant/image-reports';
const platform = '/image-reports';
const submission = {
  method: 'POST',
  description:
    'The JSON of Trivy or Grype, SARIF 2.1.0, CycloneDX with vulnerabilities, or a cosign vuln attestation; it takes the place of the report before.',
  tag,
  query: submitQuery,
  consumes: ['application/octet-stream'],
  answer: reportAnswer,
  errors: ['image-report-unreadable', 'image-report-nameless', 'image-report-mismatch'],
} as const;

@Controller()
export class ImageReportsController {
  constructor(private readonly reports: ImageReports) {}

  @Route({
    method: 'GET',
    path: base,
    permission: 'repositories:read',
    narrows: true,
    tag,
    summary: 'List what scanners found in images, the platform’s reports among them, newest first',
    query: reportQuery,
    answer: reportPage,
  })
  list(@From() caller: TenantCaller, @Query() query: ReportQuery) {
    return this.reports.list(caller.tenant, query);
  }

  @Route({
    method: 'GET',
    path: `${base}/:digest`,
    permission: 'repositories:read',
    narrows: true,
    tag,
    summary: 'Read what a scanner found in an image',
    answer: fullReportAnswer,
    errors: ['image-report-not-found'],
  })
  get(@From() caller: TenantCaller, @Param('digest') digest: string) {
    return this.reports.get(caller.tenant, digest);
  }

  @Route({
    ...submission,
    path: base,
    permission: 'repositories:write',
    narrows: true,
    summary: 'Hand in what a scanner found in an image of the tenant',
  })
  submit(@From() caller: TenantCaller, @Query() query: SubmitQuery, @Incoming() request: Request) {
    return this.reports.submitInTenant(caller, query, request);
  }

  @Route({
    method: 'GET',
    path: platform,
    permission: 'policies:read',
    tag,
    summary: 'List the platform’s reports on images, which count in every tenant, newest first',
    query: reportQuery,
    answer: reportPage,
  })
  listPlatform(@Query() query: ReportQuery) {
    return this.reports.list(null, query);
  }

  @Route({
    method: 'GET',
    path: `${platform}/:digest`,
    permission: 'policies:read',
    tag,
    summary: 'Read a report of the platform on an image',
    answer: fullReportAnswer,
    errors: ['image-report-not-found'],
  })
  getPlatform(@Param('digest') digest: string) {
    return this.reports.get(null, digest);
  }

  @Route({
    ...submission,
    path: platform,
    permission: 'clusters:write',
    summary: 'Hand in what a scanner found in an image, for every tenant',
  })
  submitPlatform(@From() caller: Caller, @Query() query: SubmitQuery, @Incoming() request: Request) {
    return this.reports.submit(caller, null, query, request);
  }
}
