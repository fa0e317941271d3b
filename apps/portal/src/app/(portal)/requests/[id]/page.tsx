import { redirect } from 'next/navigation';

/** The deep link of mails and notifications: the request opened over the list. */
export default async function Page({ params }: { params: Promise<{ id: string }> }) {
  const { id } = await params;
  redirect(`/requests?view=all&request=${encodeURIComponent(id)}`);
}
