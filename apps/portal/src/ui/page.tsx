import type { ReactNode } from 'react';

/** A page's head and body. `equivalents` is the button of the CLI and API drawer. */
export function Page({
  title,
  status,
  description,
  actions,
  children,
  narrow,
}: {
  title: ReactNode;
  status?: ReactNode;
  description?: ReactNode;
  actions?: ReactNode;
  children: ReactNode;
  narrow?: boolean;
}) {
  return (
    <div className={narrow ? 'page page-narrow' : 'page'}>
      <header className="page-head">
        <div>
          <h1>
            {title} {status}
          </h1>
          {description && <p className="muted page-description">{description}</p>}
        </div>
        {actions && <div className="page-actions">{actions}</div>}
      </header>
      {children}
    </div>
  );
}

export function Section({
  title,
  actions,
  children,
  flush,
}: {
  title: string;
  actions?: ReactNode;
  children: ReactNode;
  flush?: boolean;
}) {
  return (
    <section className={flush ? 'section section-flush' : 'section'} aria-label={title}>
      <header className="section-head">
        <h2>{title}</h2>
        {actions}
      </header>
      <div className="section-body">{children}</div>
    </section>
  );
}

/** Facts in a row: a small label above a value. */
export function Facts({ items }: { items: readonly { readonly label: string; readonly value: ReactNode }[] }) {
  return (
    <dl className="facts">
      {items.map((item) => (
        <div key={item.label}>
          <dt>{item.label}</dt>
          <dd>{item.value}</dd>
        </div>
      ))}
    </dl>
  );
}
