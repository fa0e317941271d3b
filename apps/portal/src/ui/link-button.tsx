import Link from 'next/link';
import type { ReactNode } from 'react';
import { Icon, type IconName } from './icon';

/** A link that looks like a button: it goes somewhere, so it is a link. */
export function LinkButton({
  href,
  icon,
  primary,
  external,
  children,
}: {
  href: string;
  icon?: IconName;
  primary?: boolean;
  external?: boolean;
  children: ReactNode;
}) {
  const className = primary ? 'link-button link-button-primary' : 'link-button';
  const content = (
    <>
      {icon && <Icon name={icon} size={14} />}
      {children}
    </>
  );
  if (external) {
    return (
      <a href={href} target="_blank" rel="noreferrer" className={className}>
        {content}
      </a>
    );
  }
  return (
    <Link href={href} className={className}>
      {content}
    </Link>
  );
}
