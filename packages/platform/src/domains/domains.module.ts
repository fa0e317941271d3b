import { Module } from '@nestjs/common';
import { ApplicationsModule } from '../applications/applications.module.js';
import { AuditModule } from '../audit/audit.module.js';
import { ClustersModule } from '../clusters/clusters.module.js';
import { QuotasModule } from '../quotas/quotas.module.js';
import { RolloutsModule } from '../rollouts/rollouts.module.js';
import { CertificateKeeper } from './certificate-keeper.service.js';
import { DnsLookup } from './dns-lookup.js';
import { DomainAnswers } from './domain-answers.service.js';
import { DomainCertificates } from './domain-certificates.service.js';
import { DomainNews } from './domain-news.service.js';
import { DomainProofs } from './domain-proofs.service.js';
import { DomainVerification } from './domain-verification.service.js';
import { DomainsController } from './domains.controller.js';
import { DomainsService } from './domains.service.js';
import { ListHostnamesProcessor, NamespaceHostnames } from './namespace-hostnames.js';

@Module({
  imports: [ApplicationsModule, AuditModule, ClustersModule, QuotasModule, RolloutsModule],
  controllers: [DomainsController],
  providers: [
    CertificateKeeper,
    DnsLookup,
    DomainAnswers,
    DomainCertificates,
    DomainNews,
    DomainProofs,
    DomainVerification,
    DomainsService,
    ListHostnamesProcessor,
    NamespaceHostnames,
  ],
  exports: [DomainAnswers, DomainNews, DomainVerification],
})
export class DomainsModule {}
