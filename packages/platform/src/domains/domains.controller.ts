import { Controller } from '@nestjs/common';
import { Body, From, Param, Query, Route } from '../kernel/http/route.js';
import type { PageQuery } from '../kernel/http/schemas.js';
import type { TenantCaller } from '../kernel/tenancy/caller.js';
import { DomainCertificates } from './domain-certificates.service.js';
import {
  type ChangeDomain,
  type ChangeDomainQuery,
  type CreateDomain,
  changeDomainQuerySchema,
  changeDomainSchema,
  createDomainSchema,
  domainPageSchema,
  domainQuerySchema,
  domainSchema,
  type SetCertificate,
  setCertificateSchema,
  type VerifyDomain,
  verifyDomainSchema,
} from './domains.dto.js';
import { DomainsService } from './domains.service.js';

const tag = 'domains';
const collection = '/tenants/:tenant/projects/:project/applications/:application/environments/:environment/domains';
const single = `${collection}/:hostname`;
const errors = ['application-not-found', 'environment-not-found-for-application'];

@Controller()
export class DomainsController {
  constructor(
    private readonly domains: DomainsService,
    private readonly certificates: DomainCertificates,
  ) {}

  @Route({
    method: 'GET',
    path: collection,
    permission: 'domains:read',
    summary: 'List the host names that lead to an application',
    tag,
    query: domainQuerySchema,
    answer: domainPageSchema,
    errors,
  })
  list(
    @From() caller: TenantCaller,
    @Param('project') project: string,
    @Param('application') application: string,
    @Param('environment') environment: string,
    @Query() query: PageQuery,
  ) {
    return this.domains.list(caller, { project, application, environment }, query);
  }

  @Route({
    method: 'POST',
    path: collection,
    permission: 'domains:write',
    summary: 'Add a host name',
    description:
      'It is `pending`, and nothing is routed, until the TXT record in `challenge` was found in the DNS, at its own place or ' +
      'at that of a name above it. The platform looks by itself for 14 days.',
    tag,
    query: changeDomainQuerySchema,
    body: createDomainSchema,
    answer: domainSchema,
    errors: [...errors, 'hostname-refused', 'hostname-taken'],
  })
  add(
    @From() caller: TenantCaller,
    @Param('project') project: string,
    @Param('application') application: string,
    @Param('environment') environment: string,
    @Query() { dryRun }: ChangeDomainQuery,
    @Body() body: CreateDomain,
  ) {
    return this.domains.add(caller, { project, application, environment }, body.hostname, dryRun === 'true');
  }

  @Route({
    method: 'GET',
    path: single,
    permission: 'domains:read',
    summary: 'Read a host name',
    tag,
    answer: domainSchema,
    errors: [...errors, 'domain-not-found'],
  })
  get(
    @From() caller: TenantCaller,
    @Param('project') project: string,
    @Param('application') application: string,
    @Param('environment') environment: string,
    @Param('hostname') hostname: string,
  ) {
    return this.domains.get(caller, { project, application, environment }, hostname);
  }

  @Route({
    method: 'PATCH',
    path: single,
    permission: 'domains:write',
    summary: 'Say what becomes of requests without TLS',
    description: 'A certificate that is taken away takes `only` with it.',
    tag,
    query: changeDomainQuerySchema,
    body: changeDomainSchema,
    answer: domainSchema,
    errors: [...errors, 'domain-not-found', 'https-without-certificate'],
  })
  change(
    @From() caller: TenantCaller,
    @Param('project') project: string,
    @Param('application') application: string,
    @Param('environment') environment: string,
    @Param('hostname') hostname: string,
    @Query() { dryRun }: ChangeDomainQuery,
    @Body() body: ChangeDomain,
  ) {
    const place = { project, application, environment };
    return this.certificates.changeHttps(caller, place, hostname, body, dryRun === 'true');
  }

  @Route({
    method: 'POST',
    path: `${single}/verify`,
    permission: 'domains:write',
    summary: 'Look for the proof of a host name now',
    description: 'With `confirm` it needs `domains:confirm` on the platform as well, and the DNS is not asked.',
    tag,
    body: verifyDomainSchema,
    answer: domainSchema,
    status: 200,
    errors: [...errors, 'domain-not-found', 'hostname-taken'],
  })
  verify(
    @From() caller: TenantCaller,
    @Param('project') project: string,
    @Param('application') application: string,
    @Param('environment') environment: string,
    @Param('hostname') hostname: string,
    @Body() body: VerifyDomain,
  ) {
    return this.domains.verify(caller, { project, application, environment }, hostname, body.confirm);
  }

  @Route({
    method: 'PUT',
    path: `${single}/certificate`,
    permission: 'secrets:write',
    summary: 'Give a host name a certificate of its own',
    description:
      'One that is uploaded, or a Secret of the environment’s namespace. A renewed one takes the old one’s place.',
    tag,
    body: setCertificateSchema,
    answer: domainSchema,
    errors: [...errors, 'domain-not-found', 'certificate-refused', 'certificate-limit', 'certificates-unsupported'],
  })
  setCertificate(
    @From() caller: TenantCaller,
    @Param('project') project: string,
    @Param('application') application: string,
    @Param('environment') environment: string,
    @Param('hostname') hostname: string,
    @Body() body: SetCertificate,
  ) {
    return this.certificates.set(caller, { project, application, environment }, hostname, body);
  }

  @Route({
    method: 'DELETE',
    path: `${single}/certificate`,
    permission: 'secrets:write',
    summary: 'Take the certificate of a host name away',
    tag,
    errors: [...errors, 'domain-not-found', 'certificate-not-found'],
  })
  removeCertificate(
    @From() caller: TenantCaller,
    @Param('project') project: string,
    @Param('application') application: string,
    @Param('environment') environment: string,
    @Param('hostname') hostname: string,
  ) {
    return this.certificates.remove(caller, { project, application, environment }, hostname);
  }

  @Route({
    method: 'DELETE',
    path: single,
    permission: 'domains:write',
    summary: 'Remove a host name',
    tag,
    errors: [...errors, 'domain-not-found', 'domain-is-default'],
  })
  remove(
    @From() caller: TenantCaller,
    @Param('project') project: string,
    @Param('application') application: string,
    @Param('environment') environment: string,
    @Param('hostname') hostname: string,
  ) {
    return this.domains.remove(caller, { project, application, environment }, hostname);
  }
}
