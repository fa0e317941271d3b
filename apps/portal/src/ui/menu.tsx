'use client';
import { type KeyboardEvent, type ReactNode, useEffect, useRef, useState } from 'react';

interface MenuProps {
  /** What the button shows; `label` is its accessible name where that is not enough. */
  readonly trigger: ReactNode;
  readonly label?: string;
  readonly className?: string;
  readonly align?: 'left' | 'right';
  readonly children: (close: () => void) => ReactNode;
}

/** A button that opens a small panel of links and buttons; arrows move in it, Escape closes it. */
export function Menu({ trigger, label, className, align = 'left', children }: MenuProps) {
  const [open, setOpen] = useState(false);
  const root = useRef<HTMLDivElement>(null);
  const button = useRef<HTMLButtonElement>(null);
  const close = () => setOpen(false);

  useEffect(() => {
    if (!open) return;
    root.current?.querySelector<HTMLElement>('.menu-panel input, .menu-panel a, .menu-panel button')?.focus();
    const outside = (event: PointerEvent) => {
      if (!root.current?.contains(event.target as Node)) setOpen(false);
    };
    document.addEventListener('pointerdown', outside);
    return () => document.removeEventListener('pointerdown', outside);
  }, [open]);

  const onKeyDown = (event: KeyboardEvent) => {
    if (event.key === 'Escape' && open) {
      event.stopPropagation();
      close();
      button.current?.focus();
    }
    if (event.key !== 'ArrowDown' && event.key !== 'ArrowUp') return;
    const items = [
      ...(root.current?.querySelectorAll<HTMLElement>('.menu-panel input, .menu-panel a, .menu-panel button') ?? []),
    ];
    const at = items.indexOf(document.activeElement as HTMLElement);
    const next = items[(at + (event.key === 'ArrowDown' ? 1 : items.length - 1)) % items.length];
    if (!open || !next) return;
    event.preventDefault();
    next.focus();
  };

  return (
    // biome-ignore lint/a11y/noStaticElementInteractions: keys reach it from the controls inside
    <div className="menu" ref={root} onKeyDown={onKeyDown}>
      <button
        ref={button}
        type="button"
        className={className ?? 'icon-button'}
        aria-expanded={open}
        aria-haspopup="true"
        aria-label={label}
        title={label}
        onClick={() => setOpen(!open)}
      >
        {trigger}
      </button>
      {open && <div className={`menu-panel menu-${align}`}>{children(close)}</div>}
    </div>
  );
}
