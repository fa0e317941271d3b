import { Inject, Injectable } from '@nestjs/common';
import { createTransport } from 'nodemailer';
import { CONFIG, type Configuration } from '../config/config.js';
import { JobAbandoned, type JobContext, type JobProcessor, Processes } from '../jobs/job.js';
import { Log } from '../log/log.js';
import { type MailMessage, sendMail } from './mail.js';
import { renderMail } from './mail-text.js';

/** Hands mail to the server of SLIPWAY_SMTP_URL. A server that refuses for good (5xx) is not asked again. */
@Processes(sendMail)
@Injectable()
export class SendMailProcessor implements JobProcessor<MailMessage> {
  constructor(
    @Inject(CONFIG) private readonly config: Pick<Configuration, 'smtpUrl' | 'mailFrom'>,
    private readonly log: Log,
  ) {}

  async run(message: MailMessage, context: Pick<JobContext, 'id'>): Promise<void> {
    if (!this.config.smtpUrl) {
      this.log.debug('Mail is not configured; nothing was sent', { subject: message.subject });
      return;
    }
    const transport = createTransport(
      { url: this.config.smtpUrl, connectionTimeout: 10_000, greetingTimeout: 10_000, socketTimeout: 20_000 },
      { from: this.config.mailFrom, disableFileAccess: true, disableUrlAccess: true },
    );
    try {
      // The same id when it is sent twice after a crash: mail programs show it once.
      const messageId = `<${context.id}@slipway>`;
      await transport.sendMail({ to: message.to, messageId, ...renderMail(message) });
    } catch (error) {
      const code: unknown =
        typeof error === 'object' && error !== null ? Reflect.get(error, 'responseCode') : undefined;
      if (typeof code === 'number' && code >= 500) throw new JobAbandoned(`The mail server refuses: ${code}.`);
      throw error;
    } finally {
      transport.close();
    }
  }
}
