import { labelProblem, subdomainProblem } from '../../kinds/names.js';
import { CelError } from '../error.js';
import { fixed } from '../estimate.js';
import { type Costs, instance, member, type Overload, text } from '../overload.js';
import { CelOpaque, type CelValue } from '../value.js';

/** A question an expression puts to the authorizer. */
export type AuthorizerQuestion =
  | { readonly path: string; readonly verb: string }
  | {
      readonly verb: string;
      readonly group: string;
      readonly resource: string;
      readonly subresource: string;
      readonly namespace: string;
      readonly name: string;
      readonly fieldSelector: string;
      readonly labelSelector: string;
    };

export interface AuthorizerAnswer {
  readonly allowed: boolean;
  readonly reason: string;
  readonly error?: string;
}

/** Answers for the user of the request, or for the service account `system:serviceaccount:<namespace>:<name>` that is named. */
export type Authorize = (
  question: AuthorizerQuestion,
  serviceAccount?: { namespace: string; name: string },
) => AuthorizerAnswer;

abstract class Part extends CelOpaque {
  equals(other: CelOpaque): boolean {
    return other === this;
  }
}

/** The variable `authorizer`. */
export class AuthorizerValue extends Part {
  readonly typeName = 'kubernetes.authorization.Authorizer';
  constructor(
    readonly authorize: Authorize,
    readonly account?: { namespace: string; name: string },
  ) {
    super();
  }
  ask(question: AuthorizerQuestion): DecisionValue {
    return new DecisionValue(this.authorize(question, this.account));
  }
}

class PathCheck extends Part {
  readonly typeName = 'kubernetes.authorization.PathCheck';
  constructor(
    readonly authorizer: AuthorizerValue,
    readonly path: string,
  ) {
    super();
  }
}

class GroupCheck extends Part {
  readonly typeName = 'kubernetes.authorization.GroupCheck';
  constructor(
    readonly authorizer: AuthorizerValue,
    readonly group: string,
  ) {
    super();
  }
}

interface Target {
  readonly group: string;
  readonly resource: string;
  readonly subresource: string;
  readonly namespace: string;
  readonly name: string;
  readonly fieldSelector: string;
  readonly labelSelector: string;
}

/** `authorizer.group(…).resource(…)` and the variable `authorizer.requestResource`. */
export class ResourceCheck extends Part {
  readonly typeName = 'kubernetes.authorization.ResourceCheck';
  constructor(
    readonly authorizer: AuthorizerValue,
    readonly target: Target,
  ) {
    super();
  }
  with(change: Partial<Target>): ResourceCheck {
    return new ResourceCheck(this.authorizer, { ...this.target, ...change });
  }
}

class DecisionValue extends Part {
  readonly typeName = 'kubernetes.authorization.Decision';
  constructor(readonly answer: AuthorizerAnswer) {
    super();
  }
}

export const noTarget: Target = {
  group: '',
  resource: '',
  subresource: '',
  namespace: '',
  name: '',
  fieldSelector: '',
  labelSelector: '',
};

const authorizer = instance(AuthorizerValue);
const groupCheck = instance(GroupCheck);
const pathCheck = instance(PathCheck);
const resourceCheck = instance(ResourceCheck);
const decision = (value: CelValue) => instance(DecisionValue)(value).answer;

function required(value: CelValue, name: string): string {
  const given = text(value);
  if (given.trim() === '') throw new CelError(`${name} must not be empty`);
  return given;
}

function accountOf(value: CelValue, namespaceValue: CelValue, nameValue: CelValue): AuthorizerValue {
  const namespace = text(namespaceValue);
  const name = text(nameValue);
  if (subdomainProblem(name)) throw new CelError('Invalid service account name');
  if (labelProblem(namespace)) throw new CelError('Invalid service account namespace');
  return new AuthorizerValue(authorizer(value).authorize, { namespace, name });
}

const type = (name: string) => `kubernetes.authorization.${name}`;
const unit: Costs = { cost: () => 1, estimate: () => ({ cost: fixed(1) }) };
/** Allows for two checks in an expression. */
const checking: Costs = { cost: () => 350_000, estimate: () => ({ cost: fixed(350_000) }) };
const [Authorizer, Path, Group, Resource, Decision] = [
  'Authorizer',
  'PathCheck',
  'GroupCheck',
  'ResourceCheck',
  'Decision',
].map(type);

export const authorizers: readonly Overload[] = [
  member(`${Authorizer}.path(string): ${Path}`, (a, b) => new PathCheck(authorizer(a), required(b, 'path')), unit),
  member(`${Authorizer}.group(string): ${Group}`, (a, b) => new GroupCheck(authorizer(a), text(b)), unit),
  member(`${Authorizer}.serviceAccount(string, string): ${Authorizer}`, accountOf, unit),
  member(
    `${Group}.resource(string): ${Resource}`,
    (a, b) => {
      const { authorizer: own, group } = groupCheck(a);
      return new ResourceCheck(own, { ...noTarget, group, resource: required(b, 'resource') });
    },
    unit,
  ),
  ...(['subresource', 'namespace', 'name'] as const).map((field) =>
    member(`${Resource}.${field}(string): ${Resource}`, (a, b) => resourceCheck(a).with({ [field]: text(b) }), unit),
  ),
  ...(['fieldSelector', 'labelSelector'] as const).map((field) =>
    member(`${Resource}.${field}(string): ${Resource}`, (a, b) => resourceCheck(a).with({ [field]: text(b) }), unit),
  ),
  member(
    `${Path}.check(string): ${Decision}`,
    (a, b) => {
      const { authorizer: own, path } = pathCheck(a);
      return own.ask({ path, verb: text(b) });
    },
    checking,
  ),
  member(
    `${Resource}.check(string): ${Decision}`,
    (a, b) => {
      const { authorizer: own, target } = resourceCheck(a);
      return own.ask({ ...target, verb: text(b) });
    },
    checking,
  ),
  member(`${Decision}.allowed(): bool`, (a) => decision(a).allowed, unit),
  member(`${Decision}.reason(): string`, (a) => decision(a).reason, unit),
  member(`${Decision}.errored(): bool`, (a) => decision(a).error !== undefined, unit),
  member(`${Decision}.error(): string`, (a) => decision(a).error ?? '', unit),
];
