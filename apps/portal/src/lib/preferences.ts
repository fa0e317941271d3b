import { cookies, headers } from 'next/headers';

export const locales = ['en', 'zh'] as const;
export type Locale = (typeof locales)[number];
export const themes = ['light', 'dark', 'system'] as const;
export type ThemePreference = (typeof themes)[number];

export const localeCookie = 'slipway_locale';
export const themeCookie = 'slipway_theme';

/** The viewer's language: their choice, else what the browser asks for, else English. */
export async function readLocale(): Promise<Locale> {
  const chosen = (await cookies()).get(localeCookie)?.value;
  const known = locales.find((locale) => locale === chosen);
  if (known) return known;
  const accepted = (await headers()).get('accept-language') ?? '';
  return accepted.toLowerCase().startsWith('zh') ? 'zh' : 'en';
}

/** The viewer's theme and how to paint it first; the browser's hint says what `system` is. */
export async function readTheme(): Promise<{ preference: ThemePreference; painted: 'light' | 'dark' }> {
  const chosen = (await cookies()).get(themeCookie)?.value;
  const preference = themes.find((theme) => theme === chosen) ?? 'system';
  if (preference !== 'system') return { preference, painted: preference };
  const hint = (await headers()).get('sec-ch-prefers-color-scheme');
  return { preference, painted: hint?.includes('dark') ? 'dark' : 'light' };
}
