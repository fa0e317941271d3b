'use client';
import { useQuery } from '@tanstack/react-query';
import Link from 'next/link';
import { useRouter } from 'next/navigation';
import { useLocale, useTranslations } from 'next-intl';
import { meQuery } from '@/features/identity/queries';
import type { Locale, ThemePreference } from '@/lib/preferences';
import { Icon } from '@/ui/icon';
import { Menu } from '@/ui/menu';
import { useTheme, yearSeconds } from '@/ui/providers';

const languages: readonly { locale: Locale; name: string }[] = [
  { locale: 'en', name: 'English' },
  { locale: 'zh', name: '简体中文' },
];

export function LanguageMenu() {
  const t = useTranslations('shell');
  const current = useLocale();
  const router = useRouter();
  const choose = (locale: Locale) => {
    // biome-ignore lint/suspicious/noDocumentCookie: a preference, read by the server at the next paint; the Cookie Store API is not everywhere.
    document.cookie = `slipway_locale=${locale};path=/;max-age=${yearSeconds};samesite=lax`;
    router.refresh();
  };
  return (
    <Menu label={t('language')} trigger={<Icon name="language" />} align="right">
      {(close) =>
        languages.map(({ locale, name }) => (
          <button
            key={locale}
            type="button"
            lang={locale}
            className="menu-item"
            aria-pressed={locale === current}
            onClick={() => {
              close();
              choose(locale);
            }}
          >
            <span>{name}</span>
            {locale === current && <Icon name="check" size={13} />}
          </button>
        ))
      }
    </Menu>
  );
}

const themes: readonly ThemePreference[] = ['system', 'light', 'dark'];

export function ThemeMenu() {
  const t = useTranslations('shell');
  const { preference, choose } = useTheme();
  return (
    <Menu label={t('theme')} trigger={<Icon name="theme" />} align="right">
      {(close) =>
        themes.map((theme) => (
          <button
            key={theme}
            type="button"
            className="menu-item"
            aria-pressed={theme === preference}
            onClick={() => {
              close();
              choose(theme);
            }}
          >
            <span>{t(`themes.${theme}`)}</span>
            {theme === preference && <Icon name="check" size={13} />}
          </button>
        ))
      }
    </Menu>
  );
}

export function MeMenu() {
  const t = useTranslations('shell');
  const requests = useTranslations('notifications');
  const me = useQuery(meQuery()).data;
  const name = me?.displayName || me?.username || '…';
  return (
    <Menu
      className="avatar"
      label={t('me', { name })}
      trigger={<span aria-hidden="true">{name.slice(0, 1).toUpperCase()}</span>}
      align="right"
    >
      {(close) => (
        <>
          <div className="menu-title">
            <strong>{name}</strong>
            {me?.email && <div className="muted">{me.email}</div>}
          </div>
          <Link href="/me" className="menu-item" onClick={close}>
            {t('myTokens')}
          </Link>
          <Link href="/requests" className="menu-item" onClick={close}>
            {requests('myRequests')}
          </Link>
          <Link href="/?choose=1" className="menu-item" onClick={close}>
            {t('allTenants')}
          </Link>
          {me?.isAdmin && (
            <Link href="/admin" className="menu-item" onClick={close}>
              {t('admin')}
            </Link>
          )}
          <form method="post" action="/auth/logout" className="menu-foot">
            <button type="submit" className="menu-item">
              {t('signOut')}
            </button>
          </form>
        </>
      )}
    </Menu>
  );
}
