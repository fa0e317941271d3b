import { ImagePoliciesPage } from '@/features/image-policies/image-policies-page';

export default async function Page({ params }: { params: Promise<{ tenant: string }> }) {
  const { tenant } = await params;
  return <ImagePoliciesPage tenant={tenant} />;
}
