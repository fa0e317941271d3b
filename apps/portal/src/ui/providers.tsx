'use client';
import { QueryClient, QueryClientProvider } from '@tanstack/react-query';
import { theme as antdTheme, ConfigProvider } from 'antd';
import { createContext, type ReactNode, useContext, useEffect, useMemo, useState } from 'react';
import type { ThemePreference } from '@/lib/preferences';
import { ApiProblem } from '@/lib/problem';
import { AnnouncerProvider } from './announcer';
import { type ThemeName, toAntdTheme } from './tokens';

interface ThemeChoice {
  readonly preference: ThemePreference;
  readonly choose: (preference: ThemePreference) => void;
}
const ThemeContext = createContext<ThemeChoice>({ preference: 'system', choose: () => undefined });
export const useTheme = (): ThemeChoice => useContext(ThemeContext);

export const yearSeconds = 365 * 24 * 3600;

export function Providers({
  preference: initial,
  painted,
  children,
}: {
  preference: ThemePreference;
  painted: ThemeName;
  children: ReactNode;
}) {
  const [preference, setPreference] = useState(initial);
  const [name, setName] = useState<ThemeName>(painted);
  const [client] = useState(createQueryClient);

  useEffect(() => {
    if (preference !== 'system') {
      setName(preference);
      return;
    }
    const media = window.matchMedia('(prefers-color-scheme: dark)');
    const follow = () => setName(media.matches ? 'dark' : 'light');
    follow();
    media.addEventListener('change', follow);
    return () => media.removeEventListener('change', follow);
  }, [preference]);
  useEffect(() => {
    document.documentElement.dataset.theme = name;
  }, [name]);

  const choice = useMemo<ThemeChoice>(
    () => ({
      preference,
      choose: (next) => {
        // biome-ignore lint/suspicious/noDocumentCookie: a preference, read by the server at the next paint; the Cookie Store API is not everywhere.
        document.cookie = `slipway_theme=${next};path=/;max-age=${yearSeconds};samesite=lax`;
        setPreference(next);
      },
    }),
    [preference],
  );
  const theme = useMemo(
    () => ({ ...toAntdTheme(name), algorithm: name === 'dark' ? antdTheme.darkAlgorithm : antdTheme.defaultAlgorithm }),
    [name],
  );

  return (
    <ThemeContext value={choice}>
      <ConfigProvider theme={theme} wave={{ disabled: true }} button={{ autoInsertSpace: false }}>
        <QueryClientProvider client={client}>
          <AnnouncerProvider>{children}</AnnouncerProvider>
        </QueryClientProvider>
      </ConfigProvider>
    </ThemeContext>
  );
}

function createQueryClient(): QueryClient {
  return new QueryClient({
    defaultOptions: {
      queries: {
        staleTime: 2_000,
        refetchOnWindowFocus: true,
        // A refusal stays a refusal; only an API that is away is asked again.
        retry: (failures, error) => failures < 3 && (!(error instanceof ApiProblem) || error.status >= 502),
        retryDelay: (attempt) => Math.min(500 * 2 ** attempt, 4000),
      },
    },
  });
}
