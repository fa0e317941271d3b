'use client';
import Link from 'next/link';
import { usePathname } from 'next/navigation';
import { type ReactNode, useEffect, useRef } from 'react';
import { Icon, type IconName } from '@/ui/icon';

export interface NavItem {
  readonly href: string;
  readonly label: string;
  readonly icon: IconName;
  /** Also current under these prefixes. */
  readonly under?: readonly string[];
  readonly exact?: boolean;
}

/** The section's pages at the left, at the top on a phone; the page beside it. */
export function WithSideNav({
  label,
  items,
  foot,
  children,
}: {
  label: string;
  items: readonly NavItem[];
  foot?: ReactNode;
  children: ReactNode;
}) {
  const pathname = usePathname();
  const nav = useRef<HTMLElement>(null);
  // On a phone the items stand in one line that scrolls: the current one comes into view.
  // biome-ignore lint/correctness/useExhaustiveDependencies: another path makes another item current
  useEffect(() => {
    const current = nav.current?.querySelector<HTMLElement>('[aria-current]');
    if (nav.current && current) nav.current.scrollLeft = current.offsetLeft - nav.current.clientWidth / 2;
  }, [pathname]);
  const isCurrent = (item: NavItem) =>
    pathname === item.href ||
    (!item.exact && pathname.startsWith(`${item.href}/`)) ||
    (item.under?.some((prefix) => pathname.startsWith(prefix)) ?? false);
  return (
    <div className="body">
      <nav ref={nav} className="side" aria-label={label}>
        {items.map((item) => (
          <Link
            key={item.href}
            href={item.href}
            className="side-item"
            aria-current={isCurrent(item) ? 'page' : undefined}
          >
            <Icon name={item.icon} />
            {item.label}
          </Link>
        ))}
        {foot && <div className="side-foot">{foot}</div>}
      </nav>
      <main id="content" className="main" tabIndex={-1}>
        {children}
      </main>
    </div>
  );
}
