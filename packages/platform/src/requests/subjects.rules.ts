/** An environment by names. */
export interface EnvironmentNames {
  readonly tenant: string;
  readonly project: string;
  readonly environment: string;
}

/** The subject of a grant of the kind `exec`: shells, ports and files of an environment's pods. */
export const execSubject = ({ tenant, project, environment }: EnvironmentNames): string =>
  `tenants/${tenant}/projects/${project}/environments/${environment}`;

/** The subject of a grant of the kind `secret-reveal`: the secrets of one application in an environment. */
export const revealSubject = ({
  tenant,
  project,
  application,
  environment,
}: EnvironmentNames & { application: string }): string =>
  `tenants/${tenant}/projects/${project}/applications/${application}/environments/${environment}/config`;
