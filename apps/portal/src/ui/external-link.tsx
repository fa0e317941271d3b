import { Icon } from './icon';

/** A link that leaves the portal; it shows the host, not the scheme. */
export function ExternalLink({ href, children }: { href: string; children?: React.ReactNode }) {
  return (
    <a href={href} target="_blank" rel="noreferrer" className="external">
      <span>{children ?? href.replace(/^https?:\/\//, '').replace(/\/$/, '')}</span>
      <Icon name="external" size={12} />
    </a>
  );
}
