'use client';
import { useSearchParams } from 'next/navigation';
import { useCallback } from 'react';

/** A piece of the page's state that lives in the address, so that a link opens the same view. The default value is left out of it. */
export function useAddress(name: string, fallback: string): [string, (value: string) => void] {
  const params = useSearchParams();
  const value = params.get(name) ?? fallback;
  const set = useCallback(
    (next: string) => {
      const changed = new URLSearchParams(window.location.search);
      if (next === fallback) changed.delete(name);
      else changed.set(name, next);
      const search = changed.toString();
      window.history.replaceState(null, '', `${window.location.pathname}${search ? `?${search}` : ''}`);
    },
    [name, fallback],
  );
  return [value, set];
}
