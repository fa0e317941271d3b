import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';
import { SMTPServer } from 'smtp-server';
import { afterEach, describe, expect, it } from 'vitest';
import { JobAbandoned } from '../jobs/job.js';
import { Log } from '../log/log.js';
import type { MailMessage } from './mail.js';
import { renderMail } from './mail-text.js';
import { SendMailProcessor } from './send-mail.jobs.js';

const message: MailMessage = {
  to: 'ada@example.test',
  locale: 'zh',
  subject: '请审批：配额',
  paragraphs: ['<b>Grace</b> 申请提高配额。'],
  action: { label: '打开', url: 'http://portal.test/requests/1?a=1&b=2' },
};

describe('a mail’s text', () => {
  it('has the link whole in the text, and nothing of the users’ as markup', () => {
    const { text: plain, html } = renderMail(message);
    expect(plain).toContain('http://portal.test/requests/1?a=1&b=2');
    expect(html).toContain('&#60;b&#62;Grace');
    expect(html).toContain('lang="zh"');
  });

  it('keeps a subject on one line', () => {
    expect(renderMail({ ...message, subject: 'a\r\nBcc: b@example.test' }).subject).toBe('a Bcc: b@example.test');
  });
});

describe('sending', () => {
  const ends: (() => void)[] = [];
  afterEach(() => {
    for (const end of ends.splice(0)) end();
  });

  async function startServer(refuse = false): Promise<{ url: string; received: { to: string[]; content: string }[] }> {
    const received: { to: string[]; content: string }[] = [];
    const server = new SMTPServer({
      disabledCommands: ['AUTH', 'STARTTLS'],
      onRcptTo: (_address, _session, done) =>
        done(refuse ? Object.assign(new Error('no'), { responseCode: 550 }) : null),
      onData: async (stream, session, done) => {
        received.push({ to: session.envelope.rcptTo.map(({ address }) => address), content: await text(stream) });
        done();
      },
    });
    server.on('error', () => undefined);
    server.listen(0, '127.0.0.1');
    await once(server.server, 'listening');
    ends.push(() => server.close());
    return { url: `smtp://127.0.0.1:${(server.server.address() as AddressInfo).port}`, received };
  }

  const send = (smtpUrl: string | undefined) =>
    new SendMailProcessor({ smtpUrl, mailFrom: 'Slipway <slipway@example.test>' }, new Log({ logLevel: 'silent' })).run(
      message,
      { id: 'job-1' },
    );

  it('hands the message to the server under an id that a repetition shares', async () => {
    const { url, received } = await startServer();
    await send(url);
    await send(url);
    expect(received.map(({ to }) => to)).toEqual([['ada@example.test'], ['ada@example.test']]);
    for (const { content } of received) {
      expect(content).toContain('Message-ID: <job-1@slipway>');
      expect(content).toContain('From: Slipway <slipway@example.test>');
      expect(content).toMatch(/text\/plain[\s\S]*text\/html/);
    }
  });

  it('gives up when the server refuses for good, and tries again when it is away', async () => {
    const { url } = await startServer(true);
    await expect(send(url)).rejects.toBeInstanceOf(JobAbandoned);
    await expect(send('smtp://127.0.0.1:1')).rejects.not.toBeInstanceOf(JobAbandoned);
  });

  it('does nothing without a server', async () => {
    await expect(send(undefined)).resolves.toBeUndefined();
  });
});
