import type { ReactNode } from 'react';
import { CodeBlock } from './copy';
import { Icon, type IconName } from './icon';

/** Teaches: one sentence, one action, one command-line equivalent. */
export function EmptyState({
  icon,
  title,
  children,
  action,
  command,
}: {
  icon: IconName;
  title: string;
  children?: ReactNode;
  action?: ReactNode;
  command?: string;
}) {
  return (
    <div className="empty">
      <span className="empty-icon">
        <Icon name={icon} size={22} />
      </span>
      <h2>{title}</h2>
      {children && <p className="muted">{children}</p>}
      {action}
      {command && <CodeBlock code={command} />}
    </div>
  );
}
