import { Module } from '@nestjs/common';
import { ExpiredCredentialsLoop } from './expired-credentials.loop.js';
import { EndIssuerSessionsProcessor } from './identity.jobs.js';
import { IssuerAdministration } from './issuer-administration.service.js';

/** What is done at an outside issuer, and what is taken away when it has run out. For the worker alone. */
@Module({ providers: [EndIssuerSessionsProcessor, ExpiredCredentialsLoop, IssuerAdministration] })
export class IdentityWorkerModule {}
