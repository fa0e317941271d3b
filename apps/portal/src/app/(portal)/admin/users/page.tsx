import { usersQuery } from '@/features/users/queries';
import { UsersPage } from '@/features/users/users-page';
import { Prefetch } from '@/lib/prefetch';

export default function Page() {
  return (
    <Prefetch queries={(api) => [usersQuery(api)]}>
      <UsersPage />
    </Prefetch>
  );
}
