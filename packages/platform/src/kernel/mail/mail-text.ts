import type { MailMessage } from './mail.js';

const footers = {
  en: 'You get this mail because you have an account on Slipway, or were invited to it.',
  zh: '您收到这封邮件，是因为您拥有 Slipway 账号，或受邀加入。',
} as const;

/** A message as plain text and as HTML, both complete. What users wrote is escaped; the link is shown in full. */
export function renderMail({ locale, subject, paragraphs, action }: Omit<MailMessage, 'to'>): {
  subject: string;
  text: string;
  html: string;
} {
  const link = action ? [`${action.label}:\n${action.url}`] : [];
  const text = [...paragraphs, ...link, `-- \n${footers[locale]}`].join('\n\n');
  const body = paragraphs.map((paragraph) => `<p>${escapeHtml(paragraph).replaceAll('\n', '<br>')}</p>`);
  const button = action
    ? [
        `<p><a href="${escapeHtml(action.url)}">${escapeHtml(action.label)}</a><br><small>${escapeHtml(action.url)}</small></p>`,
      ]
    : [];
  const html = `<!doctype html><html lang="${locale}"><body>${[...body, ...button].join('')}<p><small>${footers[locale]}</small></p></body></html>`;
  // A line break in a subject would begin another header.
  return { subject: subject.replace(/[\r\n]+/g, ' ').slice(0, 200), text: `${text}\n`, html };
}

function escapeHtml(text: string): string {
  return text.replace(/[&<>"']/g, (character) => `&#${character.charCodeAt(0)};`);
}
