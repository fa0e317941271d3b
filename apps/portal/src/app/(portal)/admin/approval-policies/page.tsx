import { ApprovalPoliciesPage } from '@/features/approval-policies/approval-policies-page';

export default function Page() {
  return <ApprovalPoliciesPage />;
}
