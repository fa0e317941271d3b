import type { CelType } from './type.js';
import type { CelValue } from './value.js';

interface At {
  /** Where an error in this node is shown: the operator, the dot, the opening bracket. */
  readonly position: number;
}

export interface LiteralNode extends At {
  readonly kind: 'literal';
  readonly value: CelValue;
  readonly type: CelType;
}

export interface IdentNode extends At {
  readonly kind: 'ident';
  readonly name: string;
}

export interface SelectNode extends At {
  readonly kind: 'select';
  readonly operand: CelNode;
  readonly field: string;
  /** `has(a.b)`. */
  readonly isTest: boolean;
}

export interface CallNode extends At {
  readonly kind: 'call';
  /** Operators have names that no one can write: `_+_`, `!_`, `_?_:_`, `_[_]`, `_?._`, `_[?_]`. */
  readonly name: string;
  readonly target: CelNode | undefined;
  readonly args: readonly CelNode[];
}

export interface ListNode extends At {
  readonly kind: 'list';
  readonly elements: readonly { readonly value: CelNode; readonly isOptional: boolean }[];
}

export interface MapNode extends At {
  readonly kind: 'map';
  readonly entries: readonly { readonly key: CelNode; readonly value: CelNode; readonly isOptional: boolean }[];
}

export interface StructNode extends At {
  readonly kind: 'struct';
  readonly typeName: string;
  readonly fields: readonly (At & { readonly name: string; readonly value: CelNode; readonly isOptional: boolean })[];
}

export type Fold =
  | 'all'
  | 'exists'
  | 'existsOne'
  | 'map'
  | 'filter'
  | 'transformList'
  | 'transformMap'
  | 'transformMapEntry';

/** A macro over the elements of a list or the keys of a map. With two variables: index and element, or key and value. */
export interface FoldNode extends At {
  readonly kind: 'fold';
  readonly fold: Fold;
  readonly range: CelNode;
  readonly variables: readonly string[];
  readonly filter: CelNode | undefined;
  readonly body: CelNode;
}

/** `cel.bind(x, init, body)`, and the body of `optMap` and `optFlatMap` with the optional's value. */
export interface BindNode extends At {
  readonly kind: 'bind';
  readonly bind: 'bind' | 'optMap' | 'optFlatMap';
  readonly variable: string;
  readonly init: CelNode;
  readonly body: CelNode;
}

export type CelNode =
  | LiteralNode
  | IdentNode
  | SelectNode
  | CallNode
  | ListNode
  | MapNode
  | StructNode
  | FoldNode
  | BindNode;
