import type { ReactNode } from 'react';
import { AdminFrame } from '@/features/shell/admin-frame';

export default function AdminLayout({ children }: { children: ReactNode }) {
  return <AdminFrame>{children}</AdminFrame>;
}
