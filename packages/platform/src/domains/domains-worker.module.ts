import { Module } from '@nestjs/common';
import { NotificationsModule } from '../notifications/notifications.module.js';
import { CertificateWatch } from './certificate-watch.service.js';
import { DomainLoop } from './domain-loop.service.js';
import { DomainsModule } from './domains.module.js';

/** What goes on by itself. For the worker alone. */
@Module({ imports: [DomainsModule, NotificationsModule], providers: [CertificateWatch, DomainLoop] })
export class DomainsWorkerModule {}
