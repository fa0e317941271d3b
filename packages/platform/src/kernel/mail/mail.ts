import { Injectable } from '@nestjs/common';
import { z } from 'zod';
import type { Transaction } from '../database/index.js';
import { defineJob } from '../jobs/job.js';
import { Outbox } from '../outbox/outbox.js';

const mailMessage = z.object({
  /** The receiver's address. */
  to: z.email(),
  locale: z.enum(['en', 'zh']),
  subject: z.string(),
  /** Paragraphs, in the receiver's language. */
  paragraphs: z.array(z.string()),
  /** The one thing to do, as a whole URL. */
  action: z.object({ label: z.string(), url: z.url() }).optional(),
});
export type MailMessage = z.output<typeof mailMessage>;

export const sendMail = defineJob<MailMessage>({
  queue: 'mail',
  name: 'mail.send',
  payload: mailMessage,
  attempts: 12,
  backoffSeconds: 5,
});

/** Mail leaves by the outbox: with the change that causes it, and again while the mail server is away. */
@Injectable()
export class Mail {
  constructor(private readonly outbox: Outbox) {}

  /** Has the worker send it after the commit. Without SLIPWAY_SMTP_URL the worker drops it. */
  async enqueue(tx: Transaction, message: MailMessage): Promise<void> {
    await this.outbox.enqueue(tx, sendMail, message);
  }
}

/** A user's language for mail; English where none is set. */
export const toMailLocale = (locale: string | null): 'en' | 'zh' => (locale === 'zh' ? 'zh' : 'en');
