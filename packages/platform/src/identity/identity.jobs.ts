import { Injectable } from '@nestjs/common';
import { type JobContext, type JobProcessor, Processes } from '../kernel/jobs/job.js';
import { type EndIssuerSessionsPayload, endIssuerSessions } from './identity.job-definitions.js';
import { IssuerAdministration } from './issuer-administration.service.js';

@Processes(endIssuerSessions)
@Injectable()
export class EndIssuerSessionsProcessor implements JobProcessor<EndIssuerSessionsPayload> {
  constructor(private readonly issuer: IssuerAdministration) {}

  async run({ subject, sid, exceptSid, before }: EndIssuerSessionsPayload, { signal }: JobContext): Promise<void> {
    if (!this.issuer.isPossible) return;
    if (sid !== undefined) return this.issuer.endSession(sid, signal);
    const sessions = await this.issuer.listSessions(subject, signal);
    const old = sessions.filter(({ id, start }) => start <= before && id !== exceptSid);
    for (const { id } of old) await this.issuer.endSession(id, signal);
  }
}
