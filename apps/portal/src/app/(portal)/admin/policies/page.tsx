import { ImagePoliciesPage } from '@/features/image-policies/image-policies-page';

export default function Page() {
  return <ImagePoliciesPage />;
}
