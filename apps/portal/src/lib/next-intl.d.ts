import type { Messages } from './messages';
import type { Locale } from './preferences';

// A key that is not in the English messages is a type error.
declare module 'next-intl' {
  interface AppConfig {
    Locale: Locale;
    Messages: Messages;
  }
}
