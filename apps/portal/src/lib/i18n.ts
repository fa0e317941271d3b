import { getRequestConfig } from 'next-intl/server';
import { messagesOf } from './messages';
import { readLocale } from './preferences';

/** The language comes from a cookie, not from the address: a link opens in its reader's language. */
export default getRequestConfig(async () => {
  const locale = await readLocale();
  return { locale, messages: messagesOf(locale), timeZone: 'UTC' };
});
