'use client';
import { useQuery } from '@tanstack/react-query';
import { meQuery } from './queries';

/** May I do this in the tenant, or in the project? True until it is known: the API decides, this only saves a vain attempt. */
export function useMay({
  tenant,
  project,
}: {
  readonly tenant: string;
  readonly project?: string | undefined;
}): (permission: string) => boolean {
  const me = useQuery(meQuery()).data;
  const mine = me?.memberships.find((membership) => membership.tenant === tenant);
  const own = mine?.projects.find((one) => one.project === project)?.permissions ?? [];
  return (permission) =>
    me === undefined || me.isAdmin || mine?.permissions.includes(permission) === true || own.includes(permission);
}
