'use client';
import { useQuery } from '@tanstack/react-query';
import dynamic from 'next/dynamic';
import Link from 'next/link';
import { useTranslations } from 'next-intl';
import { type ReactNode, useEffect, useState } from 'react';
import { IssuerAway } from '@/features/identity/issuer-away';
import { meQuery } from '@/features/identity/queries';
import { NotificationsMenu } from '@/features/notifications/notifications-menu';
import { JobsMenu } from '@/features/operations/jobs-menu';
import { browserApi } from '@/lib/api';
import { ApiProblem } from '@/lib/problem';
import { Icon } from '@/ui/icon';
import { Mark } from './mark';
import { PathSwitchers } from './path-switchers';
import { LanguageMenu, MeMenu, ThemeMenu } from './personal-menus';

// The palette is loaded when it is first opened.
const Palette = dynamic(() => import('./palette').then((module) => module.Palette), { ssr: false });

/** The frame of every signed-in page: the top bar, and below it what the section's layout gives. */
export function Shell({ children }: { children: ReactNode }) {
  const t = useTranslations('shell');
  const { error } = useQuery(meQuery(browserApi));
  const [isSearching, setSearching] = useState(false);
  const [hasSearched, setHasSearched] = useState(false);

  useEffect(() => {
    const onKey = (event: KeyboardEvent) => {
      if ((event.ctrlKey || event.metaKey) && event.key.toLowerCase() === 'k') {
        event.preventDefault();
        setHasSearched(true);
        setSearching(true);
      }
    };
    window.addEventListener('keydown', onKey);
    return () => window.removeEventListener('keydown', onKey);
  }, []);

  if (error instanceof ApiProblem && error.code === 'issuer-unavailable') return <IssuerAway />;
  return (
    <>
      <a href="#content" className="skip">
        {t('skip')}
      </a>
      <header className="top">
        <Link href="/" className="brand" aria-label={t('home')}>
          <Mark />
          <span className="brand-name">Slipway</span>
        </Link>
        <PathSwitchers />
        <div className="top-tools">
          <button
            type="button"
            className="search-button"
            onClick={() => {
              setHasSearched(true);
              setSearching(true);
            }}
            aria-label={t('search')}
          >
            <Icon name="search" size={14} />
            <span className="search-words">{t('search')}</span>
            <kbd>Ctrl K</kbd>
          </button>
          <NotificationsMenu />
          <JobsMenu />
          <LanguageMenu />
          <ThemeMenu />
          <MeMenu />
        </div>
      </header>
      {children}
      {hasSearched && <Palette open={isSearching} onClose={() => setSearching(false)} />}
    </>
  );
}
