'use client';
import { Button } from 'antd';
import type { ReactNode } from 'react';
import { Icon } from './icon';

interface CreateButtonProps {
  readonly children: ReactNode;
  readonly onClick: () => void;
  /** Why it may not be pressed; none: it may. */
  readonly refusal?: string;
}

/** What begins something new on a page. What one may not begin is there, and says why. */
export function CreateButton({ children, onClick, refusal }: CreateButtonProps) {
  return (
    <Button
      type="primary"
      icon={<Icon name="plus" size={14} />}
      disabled={refusal !== undefined}
      title={refusal}
      onClick={onClick}
    >
      {children}
    </Button>
  );
}
