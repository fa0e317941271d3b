import './styles/index.css';
import { AntdRegistry } from '@ant-design/nextjs-registry';
import type { Metadata, Viewport } from 'next';
import { NextIntlClientProvider } from 'next-intl';
import type { ReactNode } from 'react';
import { readLocale, readTheme } from '@/lib/preferences';
import { Providers } from '@/ui/providers';
import { tokenStyles } from '@/ui/tokens';

export const metadata: Metadata = { title: { default: 'Slipway', template: '%s · Slipway' } };
export const viewport: Viewport = { width: 'device-width', initialScale: 1 };
// Every page depends on its reader: session, language, theme, nonce.
export const dynamic = 'force-dynamic';

export default async function RootLayout({ children }: { children: ReactNode }) {
  const locale = await readLocale();
  const { preference, painted } = await readTheme();
  return (
    <html lang={locale === 'zh' ? 'zh-CN' : 'en'} data-theme={painted} suppressHydrationWarning>
      <head>
        <style>{tokenStyles}</style>
      </head>
      <body>
        <NextIntlClientProvider>
          <AntdRegistry>
            <Providers preference={preference} painted={painted}>
              {children}
            </Providers>
          </AntdRegistry>
        </NextIntlClientProvider>
      </body>
    </html>
  );
}
