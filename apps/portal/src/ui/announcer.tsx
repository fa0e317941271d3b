'use client';
import { createContext, type ReactNode, useCallback, useContext, useRef, useState } from 'react';

interface Notice {
  readonly id: number;
  readonly text: string;
}
const AnnouncerContext = createContext<(text: string) => void>(() => undefined);

/** Says a short sentence to everyone: shown for some seconds and read out by screen readers. */
export const useAnnounce = (): ((text: string) => void) => useContext(AnnouncerContext);

const noticeMilliseconds = 5000;

export function AnnouncerProvider({ children }: { children: ReactNode }) {
  const [notices, setNotices] = useState<readonly Notice[]>([]);
  const counter = useRef(0);
  const announce = useCallback((text: string) => {
    counter.current += 1;
    const notice = { id: counter.current, text };
    setNotices((current) => [...current.slice(-2), notice]);
    setTimeout(() => setNotices((current) => current.filter((other) => other.id !== notice.id)), noticeMilliseconds);
  }, []);
  return (
    <AnnouncerContext value={announce}>
      {children}
      <div className="notices" role="status" aria-live="polite">
        {notices.map((notice) => (
          <div key={notice.id} className="notice">
            {notice.text}
          </div>
        ))}
      </div>
    </AnnouncerContext>
  );
}
