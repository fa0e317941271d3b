import { Module } from '@nestjs/common';
import { EndIssuerSessionsProcessor } from './identity.jobs.js';
import { IssuerAdministration } from './issuer-administration.service.js';

/** What is done at an outside issuer. For the worker alone. */
@Module({ providers: [EndIssuerSessionsProcessor, IssuerAdministration] })
export class IdentityWorkerModule {}
